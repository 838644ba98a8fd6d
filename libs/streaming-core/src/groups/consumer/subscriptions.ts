import { createHash } from 'node:crypto';
import { compileRegex } from './regex.js';
import type {
  ConsumerGroupRecord,
  ConsumerGroupState,
  MemberSubscription,
  ResolvedRegex,
  TopicsView,
} from './types.js';

/**
 * What must be written so that every regular expression that a member subscribes to is resolved against the topics as they are, and
 * no other is kept.
 */
export function resolveRegexes(
  state: ConsumerGroupState,
  topics: TopicsView,
  wallMs: number,
): Extract<ConsumerGroupRecord, { kind: 'regex' }>[] {
  const used = new Set<string>();
  for (const { subscription } of state.members.values()) {
    if (subscription.topicRegex !== null) used.add(subscription.topicRegex);
  }
  const records: Extract<ConsumerGroupRecord, { kind: 'regex' }>[] = [];
  for (const id of state.regexes.keys()) if (!used.has(id)) records.push({ kind: 'regex', id, value: null });
  for (const id of used) {
    const present = state.regexes.get(id);
    if (present?.version === topics.version) continue;
    const matches = matchingTopics(id, topics);
    if (present && isSameSet(present.topics, matches)) continue;
    const value: ResolvedRegex = { topics: matches, version: topics.version, resolvedAtMs: wallMs };
    records.push({ kind: 'regex', id, value });
  }
  return records;
}

function matchingTopics(source: string, topics: TopicsView): Set<string> {
  const regex = compileRegex(source);
  return new Set(regex === null ? [] : [...topics.names()].filter((name) => regex.matches(name)));
}

/** Names of the topics that a member reads, whether they exist or not. */
export function topicNamesOf(subscription: MemberSubscription, state: ConsumerGroupState): ReadonlySet<string> {
  const { topicRegex, topicNames } = subscription;
  const matched = topicRegex === null ? undefined : state.regexes.get(topicRegex)?.topics;
  return new Set([...topicNames, ...(matched ?? [])]);
}

/** Names of the topics that any member reads. */
export function subscribedTopicNames(state: ConsumerGroupState): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { subscription } of state.members.values()) {
    for (const name of topicNamesOf(subscription, state)) names.add(name);
  }
  return names;
}

/** Changes whenever a subscribed topic comes, goes, grows or is another one of the same name. 0: no such topic exists. */
export function metadataHash(state: ConsumerGroupState, topics: TopicsView): bigint {
  const described = [...subscribedTopicNames(state)]
    .sort()
    .map((name) => ({ name, topic: topics.get(name) }))
    .filter(({ topic }) => topic !== undefined)
    .map(({ name, topic }) => `${name}\0${topic!.id}\0${topic!.partitions}\n`);
  if (described.length === 0) return 0n;
  return createHash('sha256').update(described.join('')).digest().readBigInt64BE(0);
}

function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((each) => right.has(each));
}
