import { createGroup } from './classic/group.js';
import { restoreGroup } from './classic/snapshot.js';
import { ConsumerGroup } from './consumer/consumer-group.js';
import { applyRecords, EMPTY_STATE } from './consumer/group-state.js';
import { decodeConsumerRecord } from './consumer/records.js';
import type { ConsumerGroupRecord } from './consumer/types.js';
import type { Now } from './coordinator-types.js';
import { decodeGroup, decodeKey, decodeOffset, type GroupRecordKey } from './group-records.js';
import type { GroupEntry, GroupTable } from './group-table.js';

/** Builds the groups of a partition of `__consumer_offsets` from its records, in log order. */
export class GroupLoader {
  /** By group: the newest record under each key. A group is put together once, when all is read. */
  readonly #consumerRecords = new Map<string, Map<string, ConsumerGroupRecord>>();

  constructor(private readonly table: GroupTable) {}

  /**
   * @param producerId of the transaction that the record is part of; null outside of one
   * @throws {WireError} for garbage
   */
  load(key: Buffer, value: Buffer | null, now: Now, producerId: bigint | null): void {
    const decoded = decodeKey(key);
    if (decoded?.type === 'offset') this.#loadOffset(decoded, value, now, producerId);
    else if (decoded) this.#loadClassic(decoded.groupId, value, now);
    else this.#loadConsumer(key, value);
  }

  /** Ends the loading of a partition. Gives the consumer groups that it holds. */
  finish(partition: number, now: Now): { readonly entry: GroupEntry; readonly group: ConsumerGroup }[] {
    const groups: { entry: GroupEntry; group: ConsumerGroup }[] = [];
    for (const [groupId, byKey] of this.#consumerRecords) {
      if (this.table.partitionOf(groupId) !== partition) continue;
      this.#consumerRecords.delete(groupId);
      const records = [...byKey.values()];
      // Members first: what they have is part of them.
      const state = applyRecords(EMPTY_STATE, [
        ...records.filter(({ kind }) => kind === 'member'),
        ...records.filter(({ kind }) => kind !== 'member'),
      ]);
      if (state.epoch === 0) continue;
      const entry = this.table.getOrCreate(groupId, now);
      const group = new ConsumerGroup(groupId, state);
      entry.group = group;
      groups.push({ entry, group });
    }
    return groups;
  }

  #loadOffset(
    { groupId, topic, partition }: Extract<GroupRecordKey, { type: 'offset' }>,
    value: Buffer | null,
    now: Now,
    producerId: bigint | null,
  ): void {
    const entry = this.table.getOrCreate(groupId, now);
    const { offsets } = entry;
    const sequence = this.table.nextSequence();
    if (value === null) {
      offsets.forget({ topic, partition }, sequence);
      return;
    }
    const committed = decodeOffset(value);
    // A format of a later time.
    if (committed === null) return;
    if (producerId === null) offsets.set(topic, partition, committed, sequence);
    else this.table.addPending(entry, producerId, { topic, partition, committed }, sequence);
  }

  #loadClassic(groupId: string, value: Buffer | null, now: Now): void {
    const stored = value === null ? null : decodeGroup(value);
    const entry = this.table.getOrCreate(groupId, now);
    entry.group = stored ? restoreGroup(groupId, stored, now.monotonicMs) : createGroup(groupId);
    entry.phaseSinceMs = stored && stored.phaseSinceMs >= 0 ? stored.phaseSinceMs : now.wallMs;
    // A group has one protocol at a time: the later one.
    if (stored) this.#consumerRecords.delete(groupId);
  }

  #loadConsumer(key: Buffer, value: Buffer | null): void {
    const decoded = decodeConsumerRecord(key, value);
    if (!decoded?.record) return;
    const { groupId, record } = decoded;
    // The group's own record is removed last.
    if (record.kind === 'epoch' && record.value === null) {
      this.#consumerRecords.delete(groupId);
      return;
    }
    let byKey = this.#consumerRecords.get(groupId);
    if (!byKey) {
      byKey = new Map();
      this.#consumerRecords.set(groupId, byKey);
    }
    byKey.set('id' in record ? `${record.kind}:${record.id}` : record.kind, record);
  }
}
