import { describe, expect, it } from '@jest/globals';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { START_MS } from '../../test/grid-city.js';
import { MemoryLog } from '../../test/memory-log.js';
import { DecisionWriter } from './decision-writer.js';

const decision = (rideId: string): RideEvent => ({
  type: 'ride.no_driver_found',
  v: 1,
  at: START_MS,
  rideId,
  riderId: 'ann',
  zone: 'west',
  waitedS: 300,
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('DecisionWriter', () => {
  const idsIn = (log: MemoryLog): string[] => log.records({ topic: 'RideEvents', partition: 3 }).map(({ key }) => key!);

  it('keeps the order, one write at a time, and sends together what came meanwhile', async () => {
    const log = new MemoryLog();
    let openGate = (): void => undefined;
    log.gate = new Promise((resolve) => (openGate = resolve));
    const writer = new DecisionWriter(
      3,
      log.producer,
      () => 0,
      () => undefined,
    );
    const writes = [writer.write([decision('a'), decision('b')])];
    await turn();
    writes.push(writer.write([decision('c')]), writer.write([decision('d')]));
    await turn();
    expect(log.sends).toBe(1);
    expect(writer.backlog).toBe(2);
    openGate();
    await Promise.all(writes);
    expect(log.sends).toBe(2);
    expect(idsIn(log)).toEqual(['a', 'b', 'c', 'd']);
    expect(writer.backlog).toBe(0);
  });

  it('fails everything behind a failed write, and writes again after that', async () => {
    const log = new MemoryLog();
    const failures: unknown[] = [];
    const writer = new DecisionWriter(
      3,
      log.producer,
      () => 0,
      (error) => failures.push(error),
    );
    let openGate = (): void => undefined;
    log.gate = new Promise((resolve) => (openGate = resolve));
    log.faults.push('lost');
    const first = writer.write([decision('a')]);
    await turn();
    const second = writer.write([decision('b')]);
    openGate();
    await expect(first).rejects.toThrow('send failed');
    await expect(second).rejects.toThrow('send failed');
    expect(failures).toHaveLength(1);
    expect(idsIn(log)).toEqual([]);
    await writer.write([decision('c')]);
    expect(idsIn(log)).toEqual(['c']);
  });
});
