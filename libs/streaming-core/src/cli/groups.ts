import { ListOffsetTimestamps, type Admin } from '@platformatic/kafka';
import { listOffsets, partitionCount, withAdmin, type BootstrapOptions, type ShowOptions } from './admin-session.js';
import { CommandError } from './command-error.js';
import { EXIT, exitCodeOf, explain } from './explain.js';
import { counted, printJson, printRows } from './output.js';

export async function listGroups(options: ShowOptions): Promise<void> {
  const groups = await withAdmin(options, (admin) => admin.listGroups());
  const rows = [...groups.values()].map(({ id, state, protocolType }) => ({ id, state, protocolType }));
  if (options.json) for (const row of rows) printJson(row);
  else {
    const shown = rows.map(({ id, state, protocolType }) => ({ group: id, state, protocol: protocolType }));
    printRows(shown, { json: false, heading: ['group', 'state', 'protocol'] });
  }
}

/** State, members, and the lag of every partition that the group committed an offset for. */
export async function describeGroup(groupId: string, options: ShowOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
    // Up to version 5 of the protocol a group that does not exist is a dead one.
    if (!group || group.state.toUpperCase() === 'DEAD') throw new CommandError(`there is no group ${groupId}`);
    const members = [...group.members.values()].map(({ id, clientId, clientHost, assignments }) => {
      const assigned = [...(assignments?.values() ?? [])].map(
        ({ topic, partitions }) => `${topic}[${partitions.join(',')}]`,
      );
      return { id, clientId, clientHost, assigned: assigned.join(' ') };
    });
    const offsets = await offsetsOf(admin, groupId);
    if (options.json) {
      printJson({ groupId, state: group.state, members, offsets });
      return;
    }
    console.log(
      `${groupId}: ${group.state}, ${counted(members.length, 'member')}, assignor ${group.protocol || 'none'}\n`,
    );
    if (members.length > 0) {
      const shown = members.map(({ id, clientId, clientHost, assigned }) => ({
        member: id,
        client: clientId,
        host: clientHost,
        assigned,
      }));
      printRows(shown, { json: false, heading: ['member', 'client', 'host', 'assigned'] });
      console.log('');
    }
    printRows(offsets, { json: false, heading: ['topic', 'partition', 'committed', 'end', 'lag'] });
  });
}

/** Those that cannot be deleted do not keep the others. */
export async function deleteGroups(groups: string[], options: BootstrapOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    for (const group of groups) {
      try {
        await admin.deleteGroups({ groups: [group] });
        console.log(`deleted ${group}`);
      } catch (error) {
        if (exitCodeOf(error) === EXIT.unreachable) throw error;
        console.error(`streaming-core: ${group}: ${explain(error)}`);
        process.exitCode = EXIT.failed;
      }
    }
  });
}

export interface ResetOptions extends ShowOptions {
  readonly topic: readonly string[];
  readonly partition?: number;
  /** `earliest`, `latest`, an offset, `+n` and `-n` from what is committed, or a time in ISO 8601. */
  readonly to: string;
  readonly dryRun: boolean;
}

interface Move {
  readonly topic: string;
  readonly partition: number;
  readonly committed: bigint | null;
  readonly offset: bigint;
}

/** Moves the committed offsets of a group without members. Each lands between the first and the end offset of its partition. */
export async function resetOffsets(groupId: string, options: ResetOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const committed = await committedBy(admin, groupId);
    const topics = options.topic.length > 0 ? options.topic : [...committed.keys()];
    if (topics.length === 0) throw new CommandError(`group ${groupId} has no offsets: name topics with --topic`);
    const rows: Move[] = [];
    for (const topic of topics) {
      const count = await partitionCount(admin, topic);
      const all = Array.from({ length: count }, (_, partition) => partition);
      const partitions = options.partition === undefined ? all : all.filter((each) => each === options.partition);
      if (partitions.length === 0) throw new CommandError(`${topic} has no partition ${options.partition}`);
      rows.push(...(await targets(admin, topic, partitions, committed.get(topic) ?? new Map(), options.to)));
    }
    if (!options.dryRun) {
      const changed = topics.map((name) => ({
        name,
        partitionOffsets: rows
          .filter(({ topic }) => topic === name)
          .map(({ partition, offset }) => ({ partition, offset })),
      }));
      await admin.alterConsumerGroupOffsets({ groupId, topics: changed });
    }
    printRows(rows, { json: options.json, heading: ['topic', 'partition', 'committed', 'offset'] });
  });
}

async function targets(
  admin: Admin,
  topic: string,
  partitions: readonly number[],
  committed: ReadonlyMap<number, bigint>,
  to: string,
): Promise<Move[]> {
  const [first, end] = await Promise.all([
    listOffsets(admin, topic, partitions, ListOffsetTimestamps.EARLIEST),
    listOffsets(admin, topic, partitions, ListOffsetTimestamps.LATEST),
  ]);
  const timeMs = isTime(to) ? Date.parse(to) : null;
  const found = timeMs === null ? null : await listOffsets(admin, topic, partitions, BigInt(timeMs));
  return partitions.map((partition) => {
    const [firstOffset, endOffset] = [first.get(partition)!, end.get(partition)!];
    const present = committed.get(partition) ?? null;
    const wanted = (): bigint => {
      if (to === 'earliest') return firstOffset;
      if (to === 'latest') return endOffset;
      if (found !== null) return atOrEnd(found.get(partition), endOffset);
      return /^[+-]/.test(to) ? (present ?? firstOffset) + BigInt(to) : BigInt(to);
    };
    const offset = wanted();
    const within = offset < firstOffset ? firstOffset : offset > endOffset ? endOffset : offset;
    return { topic, partition, committed: present, offset: within };
  });
}

/** No record is that late. */
function atOrEnd(offset: bigint | undefined, end: bigint): bigint {
  return offset === undefined || offset < 0n ? end : offset;
}

function isTime(to: string): boolean {
  return /^\d{4}-\d\d-\d\d/.test(to) && !Number.isNaN(Date.parse(to));
}

async function committedBy(admin: Admin, groupId: string): Promise<Map<string, Map<number, bigint>>> {
  const [listed] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
  return new Map(
    (listed?.topics ?? []).map(({ name, partitions }) => [
      name,
      new Map(partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset])),
    ]),
  );
}

async function offsetsOf(admin: Admin, groupId: string) {
  const rows = [];
  for (const [topic, partitions] of await committedBy(admin, groupId)) {
    const ends = await listOffsets(admin, topic, [...partitions.keys()], ListOffsetTimestamps.LATEST);
    for (const [partition, committed] of partitions) {
      const end = ends.get(partition) ?? null;
      rows.push({ topic, partition, committed, end, lag: end === null ? null : end - committed });
    }
  }
  return rows;
}
