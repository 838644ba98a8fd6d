import type { AssignorMember, TopicSizes } from './assignor.js';
import type { Partitions } from './partitions.js';

/** A member while the assignment is made. */
interface Worker {
  readonly memberId: string;
  readonly byTopic: Map<string, Set<number>>;
  count: number;
}

/**
 * Spreads partitions so that no two subscribers of a topic, one of whom could take a partition of the other, differ by more than one;
 * and moves as few as that needs. Members may read different topics.
 *
 * 1. Everyone keeps what it had and may still have. 2. What nobody has goes to the subscriber with the fewest, the topics with the
 * fewest subscribers first. 3. While some member has two more than another subscriber of one of its topics, one partition moves.
 */
export function assignUniformly(members: readonly AssignorMember[], topics: TopicSizes): Map<string, Partitions> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const workers = sorted.map(({ memberId }): Worker => ({ memberId, byTopic: new Map(), count: 0 }));
  const subscribers = new Map<string, Worker[]>();
  const free = new Map<string, Set<number>>();
  for (const [topicId, size] of topics) {
    subscribers.set(
      topicId,
      workers.filter((_, index) => sorted[index]!.topicIds.has(topicId)),
    );
    free.set(topicId, new Set(Array.from({ length: size }, (_, partition) => partition)));
  }
  sorted.forEach((member, index) => keepPrevious(member, workers[index]!, free));
  const byScarcity = [...subscribers]
    .filter(([, able]) => able.length > 0)
    .sort(([, left], [, right]) => left.length - right.length);
  for (const [topicId, able] of byScarcity) {
    for (const partition of free.get(topicId)!) give(leastLoaded(able, topicId), topicId, partition);
  }
  let movesLeft = movesMax(topics, workers.length);
  while (movesLeft > 0) {
    const moved = byScarcity.reduce((sum, [topicId, able]) => sum + balance(topicId, able, movesLeft - sum), 0);
    if (moved === 0) break;
    movesLeft -= moved;
  }
  return new Map(workers.map(({ memberId, byTopic }) => [memberId, byTopic]));
}

/** Far more than any real group needs: each move makes the loads more alike, and there are only so many loads. */
function movesMax(topics: TopicSizes, members: number): number {
  let partitions = 0;
  for (const size of topics.values()) partitions += size;
  return partitions * (members + 1);
}

function keepPrevious(member: AssignorMember, worker: Worker, free: Map<string, Set<number>>): void {
  for (const [topicId, numbers] of member.previous) {
    if (!member.topicIds.has(topicId)) continue;
    const ofTopic = free.get(topicId);
    for (const partition of numbers) if (ofTopic?.delete(partition)) give(worker, topicId, partition);
  }
}

/** Moves partitions of one topic from those with many partitions to those with few. Gives how many moved. */
function balance(topicId: string, able: readonly Worker[], movesLeft: number): number {
  let moved = 0;
  while (moved < movesLeft) {
    const to = leastLoaded(able, topicId);
    const from = mostLoaded(able, topicId);
    if (from === null || from.count - to.count < 2) break;
    const ofTopic = from.byTopic.get(topicId)!;
    const partition = Math.max(...ofTopic);
    ofTopic.delete(partition);
    if (ofTopic.size === 0) from.byTopic.delete(topicId);
    from.count -= 1;
    give(to, topicId, partition);
    moved += 1;
  }
  return moved;
}

/** Of those with as few, the one with the fewest of this topic. */
function leastLoaded(able: readonly Worker[], topicId: string): Worker {
  return able.reduce((best, worker) =>
    worker.count < best.count || (worker.count === best.count && sizeOf(worker, topicId) < sizeOf(best, topicId))
      ? worker
      : best,
  );
}

/** Only who has a partition of the topic can give one. */
function mostLoaded(able: readonly Worker[], topicId: string): Worker | null {
  return able.reduce<Worker | null>((best, worker) => {
    if (sizeOf(worker, topicId) === 0) return best;
    if (best === null || worker.count > best.count) return worker;
    return worker.count === best.count && sizeOf(worker, topicId) > sizeOf(best, topicId) ? worker : best;
  }, null);
}

function sizeOf({ byTopic }: Worker, topicId: string): number {
  return byTopic.get(topicId)?.size ?? 0;
}

function give(worker: Worker, topicId: string, partition: number): void {
  const ofTopic = worker.byTopic.get(topicId);
  if (ofTopic) ofTopic.add(partition);
  else worker.byTopic.set(topicId, new Set([partition]));
  worker.count += 1;
}
