import { createHash } from 'node:crypto';
import { compileRegex } from './regex.js';
import type {
  ConsumerGroupRecord,
  ConsumerGroupState,
  MemberSubscription,
  ResolvedRegex,
  TopicsView,
} from './types.js';

type RegexRecord = Extract<ConsumerGroupRecord, { kind: 'regex' }>;

/** What must be written so that no regular expression is kept to which no member subscribes. */
export function forgetRegexes(state: ConsumerGroupState): RegexRecord[] {
  if (state.regexes.size === 0) return [];
  const used = new Set<string | null>();
  for (const { subscription } of state.members.values()) used.add(subscription.topicRegex);
  return [...state.regexes.keys()].filter((id) => !used.has(id)).map((id) => ({ kind: 'regex', id, value: null }));
}

/** What must be written so that a regular expression stands for the topics as they are, as far as its member may see them. */
export function resolveRegex(
  state: ConsumerGroupState,
  id: string,
  topics: TopicsView,
  maySee: (topic: string) => boolean,
  wallMs: number,
): RegexRecord[] {
  const regex = compileRegex(id);
  const names = regex === null ? [] : [...topics.names()].filter((name) => regex.matches(name) && maySee(name));
  const matches = new Set(names);
  const present = state.regexes.get(id);
  if (present && isSameSet(present.topics, matches)) return [];
  const value: ResolvedRegex = { topics: matches, version: topics.version, resolvedAtMs: wallMs };
  return [{ kind: 'regex', id, value }];
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
