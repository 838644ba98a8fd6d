import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { corner, driverStatus, gridGraph, gridPartitions, rideRequest, START_MS } from '../../test/grid-city.js';
import { createPolicy } from '../matching/policies.js';
import { DispatchCore } from './dispatch-core.js';
import { DEFAULT_SETTINGS } from './dispatch-settings.js';
import { DriverTable } from './driver-table.js';

const [WEST, EAST] = [0, 1];

describe('DispatchCore', () => {
  let core: DispatchCore;
  let drivers: DriverTable;
  let nowMs: number;
  let seq = 0;

  beforeEach(() => {
    drivers = new DriverTable();
    nowMs = START_MS;
    let offers = 0;
    const graph = gridGraph(10);
    core = new DispatchCore({
      settings: DEFAULT_SETTINGS,
      policy: createPolicy('batched', graph),
      drivers,
      graph,
      zonePartitions: gridPartitions(),
      newOfferId: () => `o${++offers}`,
    });
  });

  const own = (partition: number): void => core.own(partition).open(nowMs);
  const park = (driverId: string, place: LatLon, zone = 'west'): void => {
    drivers.apply(driverStatus(driverId, ++seq, place, nowMs, { zone }));
  };
  const ask = (partition: number, rideId: string, place: LatLon, zone = 'west'): void => {
    core.zone(partition)!.request(rideRequest(rideId, place, nowMs, { zone }), nowMs);
  };
  const tick = (speed = 1): RideEvent[] => {
    core.tick({ nowMs, speed });
    return core.owned().flatMap((partition) => core.zone(partition)!.decisions());
  };
  const offersIn = (events: RideEvent[]) =>
    events.flatMap((event) => (event.type === 'ride.offered' ? [[event.rideId, event.driverId]] : []));

  it('asks the best driver of the neighbouring zone, though another instance owns it', () => {
    own(WEST);
    park('in-west', corner(0, 0));
    park('in-east', corner(5, 0), 'east');
    park('on-island', corner(4, 0), 'island');
    ask(WEST, 'r1', corner(4, 0));
    expect(offersIn(tick())).toEqual([['r1', 'in-east']]);
  });

  it('asks one driver for one ride, over all partitions that it owns', () => {
    own(WEST);
    own(EAST);
    park('only', corner(4, 0));
    ask(WEST, 'r1', corner(4, 0));
    ask(EAST, 'r2', corner(5, 0), 'east');
    expect(offersIn(tick())).toEqual([['r1', 'only']]);
    expect(offersIn(tick())).toEqual([]);
  });

  it('forgets a partition with its holds when it goes to another instance', () => {
    own(WEST);
    own(EAST);
    park('only', corner(4, 0));
    ask(WEST, 'r1', corner(4, 0));
    tick();
    core.disown(WEST);
    ask(EAST, 'r2', corner(5, 0), 'east');
    expect(offersIn(tick())).toEqual([['r2', 'only']]);
  });

  it('does not ask a driver who fell silent, unless the silence is the wall clock being short', () => {
    own(WEST);
    park('d1', corner(4, 0));
    nowMs += DEFAULT_SETTINGS.staleDriverMs + 1;
    ask(WEST, 'r1', corner(4, 0));
    expect(offersIn(tick(1))).toEqual([]);
    expect(offersIn(tick(60))).toEqual([['r1', 'd1']]);
  });

  it('leaves out partitions that are not open, and drivers in zones that no one knows', () => {
    core.own(WEST);
    own(EAST);
    park('nowhere', corner(5, 0), 'atlantis');
    ask(EAST, 'r1', corner(5, 0), 'east');
    expect(offersIn(tick())).toEqual([]);
    park('somewhere', corner(5, 0), 'east');
    expect(offersIn(tick())).toEqual([['r1', 'somewhere']]);
  });
});
