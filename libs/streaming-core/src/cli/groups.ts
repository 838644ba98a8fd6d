import { ListOffsetTimestamps } from '@platformatic/kafka';
import { table, withAdmin, type BootstrapOptions } from './admin-session.js';

export interface GroupsOptions extends BootstrapOptions {
  readonly json: boolean;
}

export async function listGroups(options: GroupsOptions): Promise<void> {
  const groups = await withAdmin(options, (admin) => admin.listGroups());
  if (options.json) {
    for (const { id, state, protocolType } of groups.values()) console.log(JSON.stringify({ id, state, protocolType }));
    return;
  }
  console.log(
    table(
      ['GROUP', 'STATE', 'PROTOCOL'],
      [...groups.values()].map(({ id, state, protocolType }) => [id, state, protocolType]),
    ),
  );
}

/** State, members, and the lag of every partition that the group committed an offset for. */
export async function describeGroup(groupId: string, options: GroupsOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const group = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
    // Up to version 5 of the protocol a group that does not exist is a dead one.
    if (!group || group.state.toUpperCase() === 'DEAD') throw new Error(`there is no group ${groupId}`);
    if (!options.json)
      console.log(`${groupId}: ${group.state}, ${group.members.size} members, assignor ${group.protocol || 'none'}\n`);
    const members = [...group.members.values()].map(({ id, clientId, clientHost, assignments }) => {
      const assigned = [...(assignments?.values() ?? [])].map(
        ({ topic, partitions }) => `${topic}[${partitions.join(',')}]`,
      );
      return [id, clientId, clientHost, assigned.join(' ')];
    });
    if (members.length > 0 && !options.json)
      console.log(`${table(['MEMBER', 'CLIENT', 'HOST', 'ASSIGNED'], members)}\n`);
    const [committed] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
    const rows: (string | number | bigint)[][] = [];
    for (const { name, partitions } of committed?.topics ?? []) {
      const wanted = partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        timestamp: ListOffsetTimestamps.LATEST,
      }));
      const [ends] = await admin.listOffsets({ topics: [{ name, partitions: wanted }] });
      for (const { partitionIndex, committedOffset } of partitions) {
        const end = ends?.partitions.find((each) => each.partitionIndex === partitionIndex)?.offset;
        rows.push([name, partitionIndex, committedOffset, end ?? '?', end === undefined ? '?' : end - committedOffset]);
      }
    }
    if (options.json) {
      const named = members.map(([id, clientId, clientHost, assigned]) => ({ id, clientId, clientHost, assigned }));
      const offsets = rows.map(([topic, partition, committed, end, lag]) => ({
        topic,
        partition,
        committed: Number(committed),
        end: end === '?' ? null : Number(end),
        lag: lag === '?' ? null : Number(lag),
      }));
      console.log(JSON.stringify({ groupId, state: group.state, members: named, offsets }));
      return;
    }
    console.log(table(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG'], rows));
  });
}
