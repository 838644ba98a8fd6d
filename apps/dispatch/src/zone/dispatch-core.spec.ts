import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
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

  it('tries a ride once that waited too long while nobody dispatched', () => {
    own(WEST);
    ask(WEST, 'r1', corner(4, 0));
    nowMs += DEFAULT_SETTINGS.maxWaitMs;
    park('d1', corner(4, 0));
    expect(offersIn(tick())).toEqual([['r1', 'd1']]);
  });

  describe('a ride in hand', () => {
    let offset = 0n;
    const through = (events: readonly RideEvent[]): RideEvent[] => {
      for (const event of events) core.zone(WEST)!.read(event, offset++, nowMs);
      return core.zone(WEST)!.decisions();
    };
    const speak = (rideId: string | null): void => {
      const more = { zone: 'west', state: rideId === null ? 'idle' : 'en_route', rideId } as const;
      drivers.apply(driverStatus('d1', ++seq, corner(4, 0), nowMs, more));
    };
    const pass = (minutes: number, say: () => void = () => undefined): RideEvent[] => {
      const decided: RideEvent[] = [];
      for (let minute = 0; minute < minutes; minute++) {
        nowMs += 60_000;
        say();
        decided.push(...tick());
      }
      return decided;
    };

    beforeEach(() => {
      offset = 0n;
      own(WEST);
      park('d1', corner(4, 0));
      ask(WEST, 'r1', corner(4, 0));
      const events = tick();
      through(events);
      const offered = events.find(({ type }) => type === 'ride.offered') as RideEventOf<'ride.offered'>;
      const { rideId, riderId, zone, driverId, offerId } = offered;
      const answer = { v: 1 as const, at: nowMs, rideId, riderId, zone, driverId, offerId };
      through(through([{ type: 'ride.offer_accepted', ...answer }]));
      expect(core.zone(WEST)!.driven()).toHaveLength(1);
    });

    it('goes on while the phone of its driver speaks of it', () => {
      expect(pass(120, () => speak('r1'))).toEqual([]);
    });

    it.each([
      ['is never heard again', () => undefined],
      ['speaks, but not of this ride', () => speak(null)],
    ])('is cancelled by the platform when the phone %s', (_case, say) => {
      expect(pass(29, say)).toEqual([]);
      expect(pass(3, say)).toMatchObject([
        { type: 'ride.cancelled', rideId: 'r1', by: 'platform', driverId: 'd1', feeCents: 0 },
      ]);
      expect(core.zone(WEST)!.driven()).toEqual([]);
    });
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
