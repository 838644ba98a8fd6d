import { describe, expect, it } from '@jest/globals';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { MiniDispatch } from '../../test/mini-dispatch.js';
import { MONDAY_8, SmallCity } from '../../test/small-city.js';
import { attemptOf, isSimulatedRide } from './ride-ids.js';
import type { PhoneEvent } from './world.js';

const lively = (seed: number) => new SmallCity({ seed, drivers: 12, requestsPerHour: 120 }, new MiniDispatch());

const hashOf = (log: readonly PhoneEvent[]) => createHash('sha256').update(JSON.stringify(log)).digest('hex');

const driverEvents = (log: readonly PhoneEvent[]) =>
  log.flatMap((said) => (said.topic === 'DriverStatus' || said.topic === 'LocationUpdates' ? [said] : []));

describe('a city', () => {
  it('brings riders home: asked, queued, offered, assigned, picked up, completed', () => {
    const { log, dispatch } = lively(1).run(3_600);
    const completed = [...dispatch!.ended].find(([, how]) => how === 'completed')![0];
    const types = log.flatMap(({ event }) => ('rideId' in event && event.rideId === completed ? [event.type] : []));
    const story = types.filter((type) => /^ride\./.test(type) && !/offer_declined|offer_expired/.test(type));
    expect(story[0]).toBe('ride.requested');
    expect(story.slice(-5)).toEqual([
      'ride.offer_accepted',
      'ride.assigned',
      'ride.driver_arrived',
      'ride.started',
      'ride.completed',
    ]);
    expect(isSimulatedRide(completed)).toBe(true);
    expect(dispatch!.ended.size).toBeGreaterThan(60);
  });

  it('says only what the schemas allow, in the partition of the zone', () => {
    const { log, city } = lively(2).run(1_800);
    const faults = log.flatMap(({ topic, partition, event }) => {
      const issues = TOPICS[topic].schema.safeParse(event).error?.issues ?? [];
      return partition === city.partitionOf(event.zone) ? issues : [...issues, `${partition} is not of ${event.zone}`];
    });
    expect(faults).toEqual([]);
  });

  it('charges what was agreed and tells distance and duration', () => {
    const { log } = lively(1).run(3_600);
    const events = log.map(({ event }) => event);
    const completed = events.find((event) => event.type === 'ride.completed')!;
    const requested = events.find((event) => event.type === 'ride.requested' && event.rideId === completed.rideId)!;
    const started = events.find((event) => event.type === 'ride.started' && event.rideId === completed.rideId)!;
    expect(completed).toMatchObject({
      fareCents: (requested as { quote: { fareCents: number } }).quote.fareCents,
      durationS: Math.round((completed.at - started.at) / 1000),
    });
    expect((completed as { distanceM: number }).distanceM).toBeGreaterThan(0);
  });

  it('is the same for the same seed, however time is cut, and another for another seed', () => {
    const run = (seed: number, stepMs: number) => {
      const city = new SmallCity({ seed, drivers: 12, requestsPerHour: 120 });
      return hashOf(city.run(1_800, stepMs).log);
    };
    expect(run(1, 1_000)).toBe(run(1, 1_000));
    expect(run(1, 1_000)).toBe(run(1, 7_300));
    expect(run(2, 1_000)).not.toBe(run(1, 1_000));
  });

  it('is the same with a dispatcher in it', () => {
    expect(hashOf(lively(3).run(1_800).log)).toBe(hashOf(lively(3).run(1_800).log));
  });

  it('has the same demand for the same seed, whatever dispatch does', () => {
    const asked = ({ log }: SmallCity) =>
      log.flatMap(({ event }) => {
        if (event.type !== 'ride.requested' || attemptOf(event.rideId) > 1) return [];
        const { rideId, at, pickup, dropoff, vehicleClass } = event;
        return [{ rideId, at, pickup, dropoff, vehicleClass }];
      });
    const alone = new SmallCity({ seed: 1, drivers: 0, requestsPerHour: 120 }).run(3_600);
    expect(asked(lively(1).run(3_600))).toEqual(asked(alone));
  });

  it('reports each driver on duty every 4 s, not all at once', () => {
    const { log } = new SmallCity({ drivers: 40 }).run(60);
    const reports = log.flatMap((said) => (said.topic === 'LocationUpdates' ? [said.event] : []));
    const gaps = new Set<number>();
    const last = new Map<string, number>();
    for (const { driverId, at } of reports) {
      if (last.has(driverId)) gaps.add(at - last.get(driverId)!);
      last.set(driverId, at);
    }
    expect([...gaps]).toEqual([4_000]);
    expect(last.size).toBe(40);
    expect(new Set(reports.slice(0, 40).map(({ at }) => at)).size).toBe(40);
  });

  it('sends a heartbeat of every driver once a minute', () => {
    const { log } = new SmallCity({ drivers: 3 }).run(600);
    const beats = log.filter(({ topic, event }) => topic === 'DriverStatus' && event.at > MONDAY_8);
    expect(beats.length).toBeGreaterThanOrEqual(30);
    expect(beats.length).toBeLessThan(60);
  });

  it('says goodbye to the old zone, then hello to the new one', () => {
    const { log } = lively(4).run(3_600);
    const events = driverEvents(log);
    const goodbyes = events.flatMap((said, index) => (said.event.type === 'driver.left_zone' ? [index] : []));
    expect(goodbyes.length).toBeGreaterThan(10);
    for (const index of goodbyes) {
      const goodbye = events[index]!;
      const hello = events.slice(index + 1).find(({ event }) => event.driverId === goodbye.event.driverId)!;
      expect(goodbye.event).toMatchObject({ toZone: hello.event.zone });
      expect(hello.event).toMatchObject({ type: 'driver.status', seq: goodbye.event.seq + 1, at: goodbye.event.at });
      expect(hello.partition).not.toBe(goodbye.partition);
    }
  });

  it('gives no driver two rides, and lets no sequence number go back', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(100_000),
          drivers: fc.integer({ min: 1, max: 15 }),
          requestsPerHour: fc.integer({ min: 10, max: 400 }),
          stepMs: fc.integer({ min: 250, max: 9_000 }),
        }),
        ({ stepMs, ...options }) => {
          const { log } = new SmallCity(options, new MiniDispatch()).run(1_800, stepMs);
          expect([...seqFaults(log), ...rideFaults(log)]).toEqual([]);
          expect(log.every(({ event }, index) => index === 0 || event.at >= log[index - 1]!.event.at)).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
  });
});

function seqFaults(log: readonly PhoneEvent[]): string[] {
  const last = new Map<string, number>();
  return driverEvents(log).flatMap(({ event }) => {
    const before = last.get(event.driverId) ?? -1;
    last.set(event.driverId, event.seq);
    return event.seq > before ? [] : [`${event.driverId}: ${event.seq} after ${before}`];
  });
}

/** Counts from the log alone: a driver serves from `assigned` until the ride ends or is given back. */
function rideFaults(log: readonly PhoneEvent[]): string[] {
  const rideOf = new Map<string, string>();
  const driverOf = new Map<string, string>();
  const faults: string[] = [];
  for (const { topic, event } of log) {
    if (topic !== 'RideEvents') continue;
    if (event.type === 'ride.assigned') {
      if (rideOf.has(event.driverId)) faults.push(`${event.driverId} has two rides`);
      if (driverOf.has(event.rideId)) faults.push(`${event.rideId} has two drivers`);
      rideOf.set(event.driverId, event.rideId);
      driverOf.set(event.rideId, event.driverId);
    }
    if (event.type === 'ride.completed' && driverOf.get(event.rideId) !== event.driverId) {
      faults.push(`${event.rideId} was completed by a stranger`);
    }
    if (['ride.completed', 'ride.cancelled', 'ride.driver_cancelled', 'ride.requeued'].includes(event.type)) {
      rideOf.delete(driverOf.get(event.rideId) ?? '');
      driverOf.delete(event.rideId);
    }
  }
  return faults;
}

describe('riders', () => {
  it('ask by the hour as often as they should', () => {
    const { log } = new SmallCity({ drivers: 0, requestsPerHour: 600 }).run(3_600, 10_000);
    const asked = log.filter(({ event }) => event.type === 'ride.requested').length;
    // Six standard deviations of a Poisson count.
    expect(Math.abs(asked - 600)).toBeLessThan(150);
  });

  it('lose patience when nobody comes', () => {
    const { log } = new SmallCity({ drivers: 0, requestsPerHour: 60 }).run(7_200, 10_000);
    const cancels = log.flatMap(({ event }) => (event.type === 'ride.cancel_requested' ? [event] : []));
    expect(cancels.filter(({ reason }) => reason === 'waited_too_long').length).toBeGreaterThan(50);
    expect(new Set(cancels.map(({ rideId }) => rideId)).size).toBe(cancels.length);
  });

  it('ask again when told that there is no driver', () => {
    const city = new SmallCity({ drivers: 0, requestsPerHour: 200 }).run(600);
    const asked = city.log.flatMap(({ event }) => (event.type === 'ride.requested' ? [event] : []));
    expect(asked.length).toBeGreaterThan(10);
    for (const { rideId, riderId, zone } of asked) {
      city.tell({ type: 'ride.no_driver_found', v: 1, at: city.sim.now, rideId, riderId, zone, waitedS: 600 });
    }
    city.run(600);
    const again = city.log.flatMap(({ event }) =>
      event.type === 'ride.requested' && attemptOf(event.rideId) === 2 ? [event] : [],
    );
    expect(again.length).toBeGreaterThan(0);
    for (const { rideId, riderId, pickup, dropoff } of again) {
      expect(asked).toContainEqual(expect.objectContaining({ rideId: rideId.slice(0, -2), riderId, pickup, dropoff }));
    }
  });

  it('pay surge where there is surge', () => {
    const price = (surge: number) => {
      const city = new SmallCity({ drivers: 0, requestsPerHour: 200 });
      for (const zone of city.city.zones()) city.sim.hearPrice(zone, surge);
      return city.run(300).log.flatMap(({ event }) => (event.type === 'ride.requested' ? [event.quote] : []))[0]!;
    };
    expect(price(2)).toMatchObject({ surge: 2 });
    expect(price(2).fareCents).toBeGreaterThan(price(1).fareCents);
  });
});

describe('commands', () => {
  it('bring a burst of demand to a zone', () => {
    const city = new SmallCity({ drivers: 0 });
    city.sim.demandBurst('ne', 50, 600_000);
    const asked = city.run(600).log.flatMap(({ event }) => (event.type === 'ride.requested' ? [event] : []));
    expect(asked).toHaveLength(50);
    expect(asked.every(({ zone }) => zone === 'ne')).toBe(true);
    expect(new Set(asked.map(({ at }) => at)).size).toBeGreaterThan(40);
  });

  it('send drivers off the road, and they come back', () => {
    const city = new SmallCity({ drivers: 20 }).run(10);
    expect(city.sim.driversOff(undefined, 0.5, 600_000)).toBe(10);
    expect(city.sim.counts().driversByState.idle).toBe(10);
    city.run(660);
    expect(city.sim.counts().driversByState.idle).toBe(20);
  });

  it('let a driver who has a ride finish it first', () => {
    const city = lively(1).run(900);
    const busy = city.sim.drivers.filter(({ ride }) => ride !== null);
    expect(busy.length).toBeGreaterThan(0);
    city.sim.driversOff(undefined, 1, 3_600_000);
    expect(busy.every(({ ride }) => ride !== null)).toBe(true);
    city.run(3_000);
    expect(city.sim.counts().driversByState.offline).toBe(36);
  });
});

describe('shifts', () => {
  it('hand cars over, so that as many are on the road as were asked for', () => {
    const city = new SmallCity({ drivers: 10 }).run(86_400, 60_000);
    const { offline, ...onDuty } = city.sim.counts().driversByState;
    expect(offline).toBe(20);
    expect(Object.values(onDuty).reduce((sum, count) => sum + count)).toBe(10);
    const drivers = new Set(driverEvents(city.log).map(({ event }) => event.driverId));
    expect(drivers.size).toBeGreaterThan(20);
  });
});
