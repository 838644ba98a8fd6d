import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { vehicle } from './fixtures.js';
import { VehicleTable } from './vehicle-table.js';

const PACE = { nowMs: 0, expectedMs: 0, maxDistanceM: 1_000 };

describe('VehicleTable', () => {
  it('agrees with a plain map through any adding and removing', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 12 }),
      lon: fc.integer({ min: 0, max: 90 }),
      add: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new VehicleTable();
        const plain = new Map<string, number>();
        for (const { id, lon, add } of steps) {
          const driverId = `d${id}`;
          if (add) {
            table.upsert(vehicle(driverId, lon), PACE);
            plain.set(driverId, lon);
          } else {
            table.remove(driverId);
            plain.delete(driverId);
          }
        }
        expect(table.count).toBe(plain.size);
        for (const [driverId, lon] of plain) {
          expect(table.get(driverId, 0)?.lon).toBe(lon);
          expect(table.driverId(table.row(driverId)!)).toBe(driverId);
        }
      }),
    );
  });

  it('counts a new version for a state or a vehicle, not for a movement', () => {
    const table = new VehicleTable();
    table.upsert(vehicle('d1', 0), PACE);
    const { version } = table;
    table.upsert(vehicle('d1', 1), PACE);
    expect(table.version).toBe(version);
    table.upsert(vehicle('d1', 1, 0, 'offered'), PACE);
    expect(table.version).toBe(version + 1);
  });
});
