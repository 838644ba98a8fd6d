import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { PartitionReader, TopicPartition } from 'streaming-core/client/types';
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

/** Records looked back at first, and each time none of them is a checkpoint this many times as many. */
const LOOK_BACK_RECORDS = 4n;
const LOOK_BACK_GROWTH = 16n;

/** The newest one that is whole: from the end, for the topic may hold thousands that compaction has not come to yet. */
async function readCheckpoint(partition: number, reader: PartitionReader): Promise<Checkpoint | undefined> {
  const place = { topic: STATE_TOPIC, partition };
  const { first, end } = await reader.bounds(place);
  for (let back = LOOK_BACK_RECORDS, upTo = end; upTo > first; back *= LOOK_BACK_GROWTH) {
    const from = end - back > first ? end - back : first;
    const found = await newestBetween(place, from, upTo, reader);
    if (found) return found;
    upTo = from;
  }
  return undefined;
}

async function newestBetween(
  place: TopicPartition,
  from: bigint,
  upTo: bigint,
  reader: PartitionReader,
): Promise<Checkpoint | undefined> {
  const values: (Buffer | null)[] = [];
  for await (const records of reader.readToEnd(place, from)) {
    for (const { key, offset, value } of records) {
      if (offset < upTo && key === String(place.partition)) values.push(value);
    }
    if ((records.at(-1)?.offset ?? 0n) >= upTo) break;
  }
  // A damaged one hides those before it: they may be older than what it stood for, but they are as true.
  for (const value of values.reverse()) {
    const checkpoint = decodeCheckpoint(place.partition, value);
    if (checkpoint) return checkpoint;
  }
  return undefined;
}
