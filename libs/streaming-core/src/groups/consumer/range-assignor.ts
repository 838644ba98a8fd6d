import type { AssignorMember, TopicSizes } from './assignor.js';
import type { Partitions } from './partitions.js';

/**
 * Gives each member one run of partitions of each topic. Topics of one size with the same subscribers are cut at the same places, so
 * that whoever has partition 3 of one has it of the others too. Members keep their order from epoch to epoch and new ones
 * come last, which moves as little as runs allow.
 */
export function assignRanges(members: readonly AssignorMember[], topics: TopicSizes): Map<string, Partitions> {
  const ordered = inStickyOrder(members);
  const result = new Map<string, Map<string, Set<number>>>();
  for (const [topicId, size] of topics) {
    const subscribers = ordered.filter((member) => member.topicIds.has(topicId));
    let from = 0;
    subscribers.forEach(({ memberId }, index) => {
      const count = Math.floor(size / subscribers.length) + (index < size % subscribers.length ? 1 : 0);
      if (count === 0) return;
      const run = new Set(Array.from({ length: count }, (_, offset) => from + offset));
      from += count;
      const ofMember = result.get(memberId) ?? new Map<string, Set<number>>();
      result.set(memberId, ofMember.set(topicId, run));
    });
  }
  return result;
}

function inStickyOrder(members: readonly AssignorMember[]): AssignorMember[] {
  return members
    .map((member) => ({ member, first: firstPartition(member.previous), name: member.instanceId ?? member.memberId }))
    .sort((a, b) => a.first - b.first || (a.name < b.name ? -1 : 1))
    .map(({ member }) => member);
}

function firstPartition(partitions: Partitions): number {
  let first = Number.MAX_SAFE_INTEGER;
  for (const numbers of partitions.values()) for (const partition of numbers) first = Math.min(first, partition);
  return first;
}
