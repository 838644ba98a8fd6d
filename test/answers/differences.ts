import type { Answers } from './ask.ts';

/** One place in the answer to one case that is not as in Apache Kafka. */
export interface Difference {
  readonly name: string;
  readonly version: string;
  /** Names and indexes with dots between. */
  readonly path: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** A difference on purpose: in which cases, where, and why. */
export interface Reason {
  readonly cases: RegExp;
  readonly paths: RegExp;
  readonly why: string;
}

export const REASONS: readonly Reason[] = [
  {
    cases: /^Produce: /,
    paths: /logStartOffset$/,
    why: 'The start of the log is told with what was appended; Kafka tells it with some errors as well.',
  },
  {
    cases: /^Fetch: (from the start|read committed)$/,
    paths: /records$/,
    why: 'Fetches get whole batches; Kafka cuts the last one where the byte limit is, and clients throw that piece away.',
  },
  {
    cases: /^Fetch: /,
    paths: /abortedTransactions$/,
    why: 'With an error the list of aborted transactions is empty, in Kafka null: there are none either way.',
  },
  {
    cases: /^Fetch: a replica of a client$/,
    paths: /errorCode$/,
    why: 'There are no other brokers: who says that it is one gets CLUSTER_AUTHORIZATION_FAILED, in Kafka NOT_LEADER_OR_FOLLOWER.',
  },
  {
    cases: /^Metadata: no id and no name$/,
    paths: /./,
    why: 'The id that no topic has is unknown here (UNKNOWN_TOPIC_ID); Kafka fails on it (UNKNOWN_SERVER_ERROR).',
  },
  {
    cases: /^FindCoordinator: /,
    paths: /^coordinators$/,
    why: 'A key is answered once, however often it is named: a small request must not make a huge answer.',
  },
  {
    cases: /^ConsumerGroupHeartbeat: joins$/,
    paths: /heartbeatIntervalMs$/,
    why: 'See group.consumer.heartbeat.interval.ms below.',
  },
  {
    cases: /^CreateTopics: /,
    paths: /topicId$/,
    why: 'A topic that is only validated gets no id; Kafka makes one up.',
  },
  {
    cases: /^(CreateTopics|DescribeConfigs): /,
    paths: /(configSource|synonyms)$/,
    why: 'The Kafka that was asked had two of these set in its server.properties.',
  },
  {
    cases: /^DeleteTopics: the broker's own topics$/,
    paths: /errorCode$/,
    why: 'The offsets of all groups, and the transactions, cannot be deleted as topics; in Kafka who may delete them can.',
  },
  {
    cases: /^DescribeTopicPartitions: a topic and none$/,
    paths: /topicAuthorizedOperations$/,
    why: 'What may be done with a topic is told for topics that are there.',
  },
];

export function differencesBetween(ours: Answers, theirs: Answers): Difference[] {
  const found: Difference[] = [];
  for (const [name, byVersion] of Object.entries(theirs)) {
    for (const [version, answer] of Object.entries(byVersion)) {
      const note = (path: string, left: unknown, right: unknown): void =>
        void found.push({ name, version, path, ours: left, theirs: right });
      compare(ours[name]?.[version], answer, '', note);
    }
  }
  return found;
}

function compare(
  ours: unknown,
  theirs: unknown,
  path: string,
  note: (path: string, ours: unknown, theirs: unknown) => void,
): void {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  if (!isBranch(ours) || !isBranch(theirs) || (Array.isArray(ours) && ours.length !== Object.keys(theirs).length)) {
    note(path, ours, theirs);
    return;
  }
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    compare(ours[key], theirs[key], path === '' ? key : `${path}.${key}`, note);
  }
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
