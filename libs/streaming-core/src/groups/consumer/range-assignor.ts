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

/** The order that the runs of the last epoch were cut in, as far as they show it; then newcomers by name. */
function inStickyOrder(members: readonly AssignorMember[]): AssignorMember[] {
  const byName = [...members].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const waiting = byName.filter(({ previous }) => previous.size > 0);
  const newcomers = byName.filter(({ previous }) => previous.size === 0);
  const { followers, leadersLeft } = precedence(waiting);
  const ordered: AssignorMember[] = [];
  while (waiting.length > 0) {
    // Runs that another assignor cut may contradict each other: then the first by name goes first.
    const ready = waiting.findIndex((member) => leadersLeft.get(member) === 0);
    const [member] = waiting.splice(Math.max(0, ready), 1);
    ordered.push(member!);
    for (const follower of followers.get(member!)!) leadersLeft.set(follower, leadersLeft.get(follower)! - 1);
  }
  return [...ordered, ...newcomers];
}

/** Of each topic: the next run comes after the one before, and who has none comes after all who have. */
function precedence(members: readonly AssignorMember[]) {
  const followers = new Map(members.map((member) => [member, [] as AssignorMember[]]));
  const leadersLeft = new Map(members.map((member) => [member, 0]));
  const follow = (leader: AssignorMember, follower: AssignorMember): void => {
    followers.get(leader)!.push(follower);
    leadersLeft.set(follower, leadersLeft.get(follower)! + 1);
  };
  const topicIds = new Set(members.flatMap((member) => [...member.topicIds]));
  for (const topicId of topicIds) {
    const subscribers = members.filter((member) => member.topicIds.has(topicId));
    const holders = subscribers
      .filter((member) => member.previous.has(topicId))
      .sort((a, b) => firstOf(a, topicId) - firstOf(b, topicId));
    holders.forEach((holder, index) => {
      if (index > 0) follow(holders[index - 1]!, holder);
    });
    const last = holders.at(-1);
    if (!last) continue;
    for (const member of subscribers) if (!member.previous.has(topicId)) follow(last, member);
  }
  return { followers, leadersLeft };
}

function firstOf({ previous }: AssignorMember, topicId: string): number {
  return Math.min(...previous.get(topicId)!);
}

function nameOf({ instanceId, memberId }: AssignorMember): string {
  return instanceId ?? memberId;
}
