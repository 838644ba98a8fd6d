/** Sets of partitions by topic id. Never changed once made; a topic without partitions is left out. */
export type Partitions = ReadonlyMap<string, ReadonlySet<number>>;

export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export const NO_PARTITIONS: Partitions = new Map();

export function partitionsOf(lists: readonly TopicPartitions[]): Partitions {
  const result = new Map<string, Set<number>>();
  for (const { topicId, partitions } of lists) {
    if (partitions.length === 0) continue;
    const present = result.get(topicId);
    if (present) for (const partition of partitions) present.add(partition);
    else result.set(topicId, new Set(partitions));
  }
  return result;
}

/** Partitions ascending within each topic. */
export function listOf(partitions: Partitions): TopicPartitions[] {
  return Array.from(partitions, ([topicId, numbers]) => ({
    topicId,
    partitions: [...numbers].sort((a, b) => a - b),
  }));
}

export function hasPartition(partitions: Partitions, topicId: string, partition: number): boolean {
  return partitions.get(topicId)?.has(partition) ?? false;
}

export function arePartitionsEqual(left: Partitions, right: Partitions): boolean {
  return left.size === right.size && isSubset(left, right) && isSubset(right, left);
}

export function isSubset(part: Partitions, whole: Partitions): boolean {
  for (const [topicId, numbers] of part) {
    const others = whole.get(topicId);
    if (!others) return false;
    for (const partition of numbers) if (!others.has(partition)) return false;
  }
  return true;
}

export function intersects(left: Partitions, right: Partitions): boolean {
  for (const [topicId, numbers] of left) {
    const others = right.get(topicId);
    if (others) for (const partition of numbers) if (others.has(partition)) return true;
  }
  return false;
}

/** Those of `partitions` for which `predicate` holds. */
export function filterPartitions(
  partitions: Partitions,
  predicate: (topicId: string, partition: number) => boolean,
): Partitions {
  const result = new Map<string, Set<number>>();
  for (const [topicId, numbers] of partitions) {
    const kept = new Set([...numbers].filter((partition) => predicate(topicId, partition)));
    if (kept.size > 0) result.set(topicId, kept);
  }
  return result;
}

export function union(left: Partitions, right: Partitions): Partitions {
  if (right.size === 0) return left;
  const result = new Map(left);
  for (const [topicId, numbers] of right) result.set(topicId, new Set([...(left.get(topicId) ?? []), ...numbers]));
  return result;
}
