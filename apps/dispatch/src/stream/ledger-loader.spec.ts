import { describe, expect, it } from '@jest/globals';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { PartitionReader } from 'streaming-core/client/types';
import { corner, rideRequest, START_MS } from '../../test/grid-city.js';
import { MemoryLog } from '../../test/memory-log.js';
import { encodeCheckpoint } from '../zone/checkpoint.js';
import { RideLedger } from '../zone/ride-ledger.js';
import { loadLedger } from './ledger-loader.js';
import { STATE_TOPIC } from './topics.js';

const PARTITION = 0;

/** A log with so many rides, a checkpoint after each, and damaged ones after those. */
function logWith(rides: number, damaged: number): MemoryLog {
  const log = new MemoryLog();
  const ledger = new RideLedger(100);
  const keep = (value: string): void =>
    log.append({ topic: STATE_TOPIC, partition: PARTITION, key: String(PARTITION), value });
  for (let ride = 0; ride < rides; ride++) {
    const { type: _, at, ...request } = rideRequest(`r${ride}`, corner(1, 1), START_MS);
    const queued: RideEvent = { type: 'ride.queued', at, requestedAt: at, ...request };
    log.append(encodeEvent('RideEvents', queued, { partition: PARTITION, timestampMs: 0 }));
    ledger.read(queued, BigInt(ride));
    keep(encodeCheckpoint(PARTITION, ledger)!);
  }
  for (let i = 0; i < damaged; i++) keep('{"v":1,');
  return log;
}

/** The reader, and how many records of the state topic it gave. */
function counting(log: MemoryLog): { readonly reader: PartitionReader; readonly given: () => number } {
  let given = 0;
  const readToEnd: PartitionReader['readToEnd'] = async function* (place, from) {
    for await (const records of log.reader.readToEnd(place, from)) {
      if (place.topic === STATE_TOPIC) given += records.length;
      yield records;
    }
  };
  return { reader: { ...log.reader, readToEnd }, given: () => given };
}

describe('loadLedger', () => {
  it('does not read all checkpoints that were ever written to find the last one', async () => {
    const { reader, given } = counting(logWith(500, 0));
    const ledger = new RideLedger(100);
    expect(await loadLedger(PARTITION, ledger, reader)).toEqual({ checkpointOffset: 500n, recordsRead: 0 });
    expect(ledger.size).toBe(500);
    expect(given()).toBeLessThanOrEqual(4);
  });

  it.each([1, 4, 5, 70, 200])('finds the last whole one behind %i damaged ones', async (damaged) => {
    const { reader } = counting(logWith(9, damaged));
    expect(await loadLedger(PARTITION, new RideLedger(100), reader)).toMatchObject({ checkpointOffset: 9n });
  });

  it('reads the log from its start where no checkpoint is whole', async () => {
    const log = logWith(0, 9);
    log.append({ topic: 'RideEvents', partition: PARTITION, key: 'x', value: 'not an event' });
    const report = await loadLedger(PARTITION, new RideLedger(100), log.reader);
    expect(report).toEqual({ checkpointOffset: undefined, recordsRead: 1 });
  });
});
