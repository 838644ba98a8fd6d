import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { PartitionReader } from 'streaming-core/client/types';
import { type Checkpoint, decodeCheckpoint } from '../zone/checkpoint.js';
import type { RideLedger } from '../zone/ride-ledger.js';
import { STATE_TOPIC } from './topics.js';

export interface LoadReport {
  /** Where the checkpoint that was used stands in RideEvents; undefined when the log was read from its start. */
  readonly checkpointOffset: bigint | undefined;
  readonly recordsRead: number;
}

/**
 * Brings a ledger to the end of its partition of RideEvents: from where it stands if it has read before, else from the last
 * checkpoint, else (none, or it is damaged, or the log does not reach back to it) from the first record kept.
 */
export async function loadLedger(partition: number, ledger: RideLedger, reader: PartitionReader): Promise<LoadReport> {
  const rideEvents = { topic: 'RideEvents', partition };
  const { first, end } = await reader.bounds(rideEvents);
  let checkpoint: Checkpoint | undefined;
  const isUsable = ledger.nextOffset > 0n && ledger.nextOffset >= first && ledger.nextOffset <= end;
  if (!isUsable) {
    checkpoint = await readCheckpoint(partition, reader);
    if (checkpoint && (checkpoint.rideEventsNext < first || checkpoint.rideEventsNext > end)) checkpoint = undefined;
    ledger.restore(checkpoint?.rideEventsNext ?? first, checkpoint?.live ?? [], checkpoint?.ended ?? []);
  }
  let recordsRead = 0;
  for await (const records of reader.readToEnd(rideEvents, ledger.nextOffset)) {
    recordsRead += records.length;
    for (const record of records) {
      const decoded = decodeEvent('RideEvents', record);
      if (decoded.ok) ledger.read(decoded.event, record.offset);
      else ledger.skip(record.offset);
    }
  }
  return { checkpointOffset: checkpoint?.rideEventsNext, recordsRead };
}

async function readCheckpoint(partition: number, reader: PartitionReader): Promise<Checkpoint | undefined> {
  let latest: Checkpoint | undefined;
  for await (const records of reader.readToEnd({ topic: STATE_TOPIC, partition })) {
    for (const record of records) {
      // A damaged one hides those before it: they may be older than what it stood for, but they are as true.
      if (record.key === String(partition)) latest = decodeCheckpoint(partition, record.value) ?? latest;
    }
  }
  return latest;
}
