/**
 * Which member of a group reads which partitions. The same partition number of all topics goes to one member
 * (co-partitioning), so that it sees everything about its city zones; members keep what they have as far as balance
 * allows (sticky); and a partition that moves is first given up, then taken, in two rounds (cooperative rebalance,
 * KIP-429).
 */

export interface GroupMember {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** What it reads now, as of `generation`. */
  readonly owned: readonly TopicPartitions[];
  readonly generation: number;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Member id to topic to partitions. */
export type Assignment = ReadonlyMap<string, readonly TopicPartitions[]>;

/** Partition `number` of all topics that the same members subscribe to. */
interface Unit {
  readonly topics: readonly string[];
  readonly number: number;
  readonly candidates: readonly string[];
  owner: string | undefined;
}

/** Pure. Topics without a known partition count are left out. The answer has an entry for every member. */
export function assignCopartitioned(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Assignment {
  const ownerOf = currentOwners(members);
  const units = unitsOf(members, partitionCounts, ownerOf);
  const target = balance(members, units);
  const assigned = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
  for (const unit of units) {
    const memberId = target.get(unit)!;
    for (const topic of unit.topics) {
      if (unit.number >= partitionCounts.get(topic)!) continue;
      const owner = ownerOf.get(`${topic}-${unit.number}`);
      if (owner !== undefined && owner !== memberId) continue; // it gives it up first
      const byTopic = assigned.get(memberId)!;
      const partitions = byTopic.get(topic);
      if (partitions) partitions.push(unit.number);
      else byTopic.set(topic, [unit.number]);
    }
  }
  return new Map(
    [...assigned].map(([memberId, byTopic]) => [
      memberId,
      [...byTopic].map(([topic, partitions]) => ({ topic, partitions: partitions.sort((a, b) => a - b) })),
    ]),
  );
}

/** Who owns a partition; of two claims the one of the newer generation holds, the other is from a member that was away. */
function currentOwners(members: readonly GroupMember[]): Map<string, string> {
  const claims = new Map<string, GroupMember>();
  for (const member of members) {
    for (const { topic, partitions } of member.owned) {
      for (const partition of partitions) {
        const key = `${topic}-${partition}`;
        const other = claims.get(key);
        if (!other || other.generation < member.generation) claims.set(key, member);
      }
    }
  }
  return new Map([...claims].map(([key, { memberId }]) => [key, memberId]));
}

function unitsOf(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
  ownerOf: ReadonlyMap<string, string>,
): Unit[] {
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort();
  const classes = new Map<string, { candidates: string[]; topics: string[] }>();
  for (const topic of topics) {
    if (!partitionCounts.get(topic)) continue;
    const candidates = members.filter((member) => member.topics.includes(topic)).map(({ memberId }) => memberId);
    const key = candidates.sort().join(' ');
    const existing = classes.get(key);
    if (existing) existing.topics.push(topic);
    else classes.set(key, { candidates, topics: [topic] });
  }
  const units: Unit[] = [];
  for (const { candidates, topics: together } of classes.values()) {
    const count = Math.max(...together.map((topic) => partitionCounts.get(topic)!));
    for (let number = 0; number < count; number++) {
      const owner = together.map((topic) => ownerOf.get(`${topic}-${number}`)).find((id) => id !== undefined);
      units.push({ topics: together, number, candidates, owner });
    }
  }
  return units;
}

/** Gives every unit a member: the present one while it holds no more than its share, else the one with the fewest. */
function balance(members: readonly GroupMember[], units: readonly Unit[]): Map<Unit, string> {
  const load = new Map(members.map(({ memberId }) => [memberId, 0]));
  const target = new Map<Unit, string>();
  const give = (unit: Unit, memberId: string): void => {
    target.set(unit, memberId);
    load.set(memberId, load.get(memberId)! + 1);
  };
  const shareMax = Math.ceil(units.length / members.length);
  const homeless: Unit[] = [];
  for (const unit of units) {
    const { owner } = unit;
    if (owner !== undefined && unit.candidates.includes(owner) && load.get(owner)! < shareMax) give(unit, owner);
    else homeless.push(unit);
  }
  for (const unit of homeless) give(unit, leastLoaded(unit.candidates, load));
  evenOut(units, target, load);
  return target;
}

function leastLoaded(candidates: readonly string[], load: ReadonlyMap<string, number>): string {
  return candidates.reduce((best, memberId) => (load.get(memberId)! < load.get(best)! ? memberId : best));
}

/** Moves single units until no two members that could swap differ by more than one. */
function evenOut(units: readonly Unit[], target: Map<Unit, string>, load: Map<string, number>): void {
  for (let moves = 0; moves < units.length; moves++) {
    let moved = false;
    for (const unit of units) {
      const from = target.get(unit)!;
      const to = leastLoaded(unit.candidates, load);
      if (load.get(from)! - load.get(to)! < 2) continue;
      target.set(unit, to);
      load.set(from, load.get(from)! - 1);
      load.set(to, load.get(to)! + 1);
      moved = true;
    }
    if (!moved) return;
  }
}
