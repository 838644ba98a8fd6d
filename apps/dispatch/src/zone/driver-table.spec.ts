import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DriverLeftZone, DriverLocation } from '@ridestream/ride-domain/events/driver-events';
import { corner, driverStatus, START_MS } from '../../test/grid-city.js';
import { DriverTable } from './driver-table.js';

const location = (seq: number, more: Partial<DriverLocation> = {}): DriverLocation => ({
  type: 'driver.location',
  v: 1,
  at: START_MS,
  driverId: 'd1',
  seq,
  zone: 'west',
  position: corner(2, 2),
  state: 'idle',
  speedMps: 5,
  bearingDeg: 90,
  rideId: null,
  ...more,
});

describe('DriverTable', () => {
  let table: DriverTable;
  let changed: string[];
  beforeEach(() => {
    changed = [];
    table = new DriverTable(({ driverId }) => changed.push(driverId));
  });

  it('keeps the event with the highest number, whatever the order and the topic', () => {
    expect(table.apply(location(5, { state: 'en_route', rideId: 'r1' }))).toBe('applied');
    expect(table.apply(driverStatus('d1', 4, corner(1, 1), START_MS, { vehicleClass: 'xl' }))).toBe('old');
    expect(table.get('d1')).toMatchObject({
      state: 'en_route',
      rideId: 'r1',
      position: corner(2, 2),
      vehicleClass: 'xl',
    });
    expect(table.apply(location(5))).toBe('old');
    expect(table.idle().size).toBe(0);
    expect(table.apply(location(6))).toBe('applied');
    expect([...table.idle()].map(({ driverId }) => driverId)).toEqual(['d1']);
    expect(changed).toEqual(['d1', 'd1']);
  });

  it('moves a driver on who says goodbye to a zone, and ignores a goodbye that comes after the hello', () => {
    table.apply(driverStatus('d1', 1, corner(4, 2), START_MS));
    const goodbye: DriverLeftZone = {
      type: 'driver.left_zone',
      v: 1,
      at: START_MS,
      driverId: 'd1',
      seq: 2,
      zone: 'west',
      position: corner(5, 2),
      toZone: 'east',
    };
    table.apply(goodbye);
    expect(table.get('d1')).toMatchObject({ zone: 'east', state: 'idle', position: corner(5, 2) });
    table.apply(driverStatus('d1', 3, corner(5, 2), START_MS, { zone: 'east', state: 'offered' }));
    expect(table.apply(goodbye)).toBe('old');
    expect(table.get('d1')).toMatchObject({ zone: 'east', state: 'offered' });
  });

  it('asks for the junction anew only when the driver has moved', () => {
    table.apply(location(1));
    const entry = table.get('d1')!;
    entry.node = 22;
    table.apply(location(2));
    expect(entry.node).toBe(22);
    table.apply(location(3, { position: corner(3, 2) }));
    expect(entry.node).toBe(-1);
  });

  it('drops drivers that fell silent', () => {
    table.apply(location(1));
    table.apply(driverStatus('d2', 1, corner(1, 1), START_MS + 5_000));
    expect(table.dropSilent(START_MS + 1).map(({ driverId }) => driverId)).toEqual(['d1']);
    expect(table.size).toBe(1);
    expect(table.idle().size).toBe(1);
  });
});
