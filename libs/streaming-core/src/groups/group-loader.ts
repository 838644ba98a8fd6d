import { createGroup } from './classic/group.js';
import { restoreGroup } from './classic/snapshot.js';
import type { Now } from './coordinator-types.js';
import { decodeGroup, decodeKey, decodeOffset } from './group-records.js';
import type { GroupTable } from './group-table.js';

/** Builds the groups of a partition of `__consumer_offsets` from its records, in log order. */
export class GroupLoader {
  constructor(private readonly table: GroupTable) {}

  /**
   * @param producerId of the transaction that the record is part of; null outside of one
   * @throws {WireError} for garbage
   */
  load(key: Buffer, value: Buffer | null, now: Now, producerId: bigint | null): void {
    const decoded = decodeKey(key);
    if (decoded === null) return;
    const { groupId } = decoded;
    if (decoded.type === 'offset') {
      const { topic, partition } = decoded;
      const { offsets } = this.table.getOrCreate(groupId, now);
      const sequence = this.table.nextSequence();
      if (value === null) {
        offsets.forget({ topic, partition });
        return;
      }
      const committed = decodeOffset(value);
      // A format of a later time.
      if (committed === null) return;
      if (producerId === null) offsets.set(topic, partition, committed, sequence);
      else offsets.addPending(producerId, { topic, partition, committed }, sequence);
      return;
    }
    const stored = value === null ? null : decodeGroup(value);
    const entry = this.table.getOrCreate(groupId, now);
    entry.group = stored ? restoreGroup(groupId, stored, now.monotonicMs) : createGroup(groupId);
    entry.phaseSinceMs = stored && stored.phaseSinceMs >= 0 ? stored.phaseSinceMs : now.wallMs;
  }
}
