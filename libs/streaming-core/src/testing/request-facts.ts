import type { RequestContext } from '../broker/request-context.js';
import { ZERO_UUID } from '../wire/schema.js';
import { isStruct, structsOf, textOf, type Struct } from './plain.js';

/** What a request is about, whatever its API calls it. */
export interface RequestFacts {
  readonly clientId: string;
  /** Partitions by topic; an empty list: the topic as a whole. */
  readonly topics: ReadonlyMap<string, readonly number[]>;
  readonly groups: readonly string[];
  readonly transactionalId: string | null;
}

/** Which requests: every property that is given must hold. */
export interface RequestScope {
  readonly topic?: string;
  /** With `topic`. */
  readonly partition?: number;
  readonly clientId?: string;
  readonly group?: string;
  readonly transactionalId?: string;
}

/** The name behind a topic id, or null. */
export type TopicNames = (topicId: string) => string | null;

/** Where APIs name topics, and partitions within a topic. */
export const TOPIC_LISTS = ['topicData', 'topics', 'topicNames', 'v3AndBelowTopics'];
const PARTITION_LISTS = ['partitionData', 'partitions', 'partitionIndexes'];
const GROUP_LISTS = ['groups', 'groupsNames', 'groupIds'];
/** `keyType` of FindCoordinator; 1 is a transaction's. */
const GROUP_COORDINATOR = 0;

export function factsOf(request: Struct, { clientId }: RequestContext, topicNames: TopicNames): RequestFacts {
  const topics = new Map<string, number[]>();
  const groups = new Set<string>();
  collect(request, topicNames, topics, groups);
  const [transaction] = structsOf(request['transactions']);
  const transactionalId = textOf(
    request['transactionalId'] ?? transaction?.['transactionalId'] ?? request['v3AndBelowTransactionalId'],
  );
  return { clientId, topics, groups: [...groups], transactionalId };
}

export function isWithin(facts: RequestFacts, scope: RequestScope): boolean {
  if (scope.clientId !== undefined && scope.clientId !== facts.clientId) return false;
  if (scope.group !== undefined && !facts.groups.includes(scope.group)) return false;
  if (scope.transactionalId !== undefined && scope.transactionalId !== facts.transactionalId) return false;
  if (scope.topic === undefined) return true;
  const partitions = facts.topics.get(scope.topic);
  if (partitions === undefined) return false;
  return scope.partition === undefined || partitions.length === 0 || partitions.includes(scope.partition);
}

/**
 * Splits a request in two: what a scope's topic and partition name, and all else; null where nothing is left. A request
 * that names no topics is never split.
 */
export function splitByTopic(
  request: Struct,
  { topic, partition }: RequestScope,
  topicNames: TopicNames,
): { readonly inside: Struct; readonly outside: Struct | null } {
  const list = TOPIC_LISTS.find((name) => listOf(request[name]).length > 0);
  if (topic === undefined || list === undefined) return { inside: request, outside: null };
  const inside: unknown[] = [];
  const outside: unknown[] = [];
  for (const entry of request[list] as readonly unknown[]) {
    if (nameOf(entry, topicNames) !== topic) outside.push(entry);
    else if (partition === undefined || !isStruct(entry)) inside.push(entry);
    else {
      const partitions = PARTITION_LISTS.find((name) => Array.isArray(entry[name])) ?? 'partitions';
      const all = listOf(entry[partitions]);
      const rest = all.filter((each) => indexOf(each) !== partition);
      if (rest.length === all.length && all.length > 0) outside.push(entry);
      else {
        inside.push({ ...entry, [partitions]: all.filter((each) => indexOf(each) === partition) });
        if (rest.length > 0) outside.push({ ...entry, [partitions]: rest });
      }
    }
  }
  return {
    inside: { ...request, [list]: inside },
    outside: outside.length === 0 ? null : { ...request, [list]: outside },
  };
}

/** The name of a topic as a request has it: by itself, in a field, or as an id. */
export function nameOf(entry: unknown, topicNames: TopicNames): string | null {
  if (!isStruct(entry)) return textOf(entry);
  const id = textOf(entry['topicId']);
  if (id !== null && id !== ZERO_UUID) return topicNames(id);
  return textOf(entry['name']) ?? textOf(entry['topic']) ?? textOf(entry['topicName']);
}

/** The number of a partition as a request or an answer has it. */
export function indexOf(entry: unknown): number | null {
  const index = isStruct(entry) ? (entry['index'] ?? entry['partition'] ?? entry['partitionIndex']) : entry;
  return typeof index === 'number' ? index : null;
}

function collect(message: Struct, topicNames: TopicNames, topics: Map<string, number[]>, groups: Set<string>): void {
  collectGroups(message, groups);
  for (const list of TOPIC_LISTS) {
    for (const entry of listOf(message[list])) {
      const name = nameOf(entry, topicNames);
      if (name === null) continue;
      const known = topics.get(name) ?? [];
      if (isStruct(entry)) {
        for (const partitions of PARTITION_LISTS) {
          known.push(...listOf(entry[partitions]).flatMap((each) => indexOf(each) ?? []));
        }
      }
      topics.set(name, known);
    }
  }
  // OffsetFetch names topics within groups, WriteTxnMarkers and AddPartitionsToTxn within transactions.
  for (const list of ['groups', 'transactions', 'markers']) {
    for (const entry of structsOf(message[list])) collect(entry, topicNames, topics, groups);
  }
}

function collectGroups(message: Struct, groups: Set<string>): void {
  const own = textOf(message['groupId']);
  if (own !== null) groups.add(own);
  for (const list of GROUP_LISTS) {
    for (const entry of listOf(message[list])) if (typeof entry === 'string') groups.add(entry);
  }
  if (message['keyType'] !== GROUP_COORDINATOR) return;
  for (const key of [message['key'], ...listOf(message['coordinatorKeys'])]) {
    if (typeof key === 'string' && key !== '') groups.add(key);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
