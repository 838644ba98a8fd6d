import { describe, expect, it } from '@jest/globals';
import { MiniDispatch } from '../../test/mini-dispatch.js';
import { SmallCity } from '../../test/small-city.js';
import type { Driver } from './driver.js';
import { LogMemory } from './log-memory.js';
import { distanceM } from './motion.js';
import type { PhoneEvent } from './world.js';

const OPTIONS = { seed: 5, drivers: 12, requestsPerHour: 120 };
const HOUR_MS = 3_600_000;

function remember(log: readonly PhoneEvent[]): LogMemory {
  const memory = new LogMemory();
  for (const said of log) {
    if (said.topic === 'RideEvents') memory.noteRide(said.event);
    else if (said.topic === 'RideRequests') memory.noteRequest(said.event);
    else memory.noteDriver(said.event);
  }
  return memory;
}

/** The same city, its phones switched off and on again. */
function restarted(city: SmallCity, dispatch: MiniDispatch | null = city.dispatch, options = {}): SmallCity {
  const startMs = city.sim.now + 1_000;
  const remembered = remember(city.log).remembered(city.sim.now - HOUR_MS);
  return new SmallCity({ ...OPTIONS, ...options, startMs, remembered }, dispatch);
}

const lively = (seconds: number) => new SmallCity(OPTIONS, new MiniDispatch()).run(seconds);

const onDuty = ({ sim }: SmallCity) => sim.drivers.filter(({ state }) => state !== 'offline');

const summary = ({ id, offer, ride, state, zone }: Driver) => ({
  id,
  state,
  zone,
  offer: offer && { offerId: offer.offerId, rideId: offer.rideId, accepted: offer.accepted },
  ride: ride && { rideId: ride.rideId, phase: ride.phase, startedAt: ride.startedAt, fareCents: ride.fareCents },
});

const ridesOf = ({ sim }: SmallCity) =>
  [...sim.ridesOfRiders()].map(({ request, phase, cancelAsked }) => `${request.rideId} ${phase} ${cancelAsked}`).sort();

describe('phones that are switched on again', () => {
  it.each([600, 1_234, 2_400, 3_599])('remember where everybody was and what they did after %i s', (seconds) => {
    const before = lively(seconds);
    const after = restarted(before);
    expect(onDuty(after).map(summary)).toEqual(onDuty(before).map(summary));
    for (const driver of onDuty(after)) {
      const same = before.sim.drivers.find(({ id }) => id === driver.id)!;
      const { lat, lon } = same.motion;
      // The last location in the log is up to 4 s old.
      expect(distanceM(driver.motion.lat, driver.motion.lon, lat, lon)).toBeLessThan(60);
      expect(driver.seq).toBeGreaterThan(same.seq);
    }
    expect(ridesOf(after)).toEqual(ridesOf(before));
  });

  it('bring every ride in hand to its end', () => {
    const before = lively(1_800);
    const inHand = onDuty(before).flatMap(({ ride }) => (ride === null ? [] : [ride.rideId]));
    expect(inHand.length).toBeGreaterThan(3);
    const after = restarted(before).run(3_600);
    for (const rideId of inHand) expect(after.dispatch!.ended.get(rideId)).toBeDefined();
  });

  it('keep a ride in hand when an offer of another ride stands first in the log', () => {
    const before = lively(1_800);
    const remembered = remember(before.log).remembered(before.sim.now - HOUR_MS);
    const inHand = remembered.rides.find(({ driverId }) => driverId !== null)!;
    const waiting = remembered.rides.find(({ phase, offer }) => phase === 'waiting' && offer === null) ?? inHand;
    const driverId = inHand.driverId!;
    const rideId = `${waiting.request.rideId}0`;
    const offered = {
      ...waiting,
      request: { ...waiting.request, rideId },
      phase: 'waiting' as const,
      driverId: null,
      offer: { offerId: 'o-busy', driverId, expiresAt: before.sim.now + 60_000, pickupEtaS: 1, accepted: false },
    };
    const after = new SmallCity({
      ...OPTIONS,
      startMs: before.sim.now + 1_000,
      remembered: { ...remembered, rides: [offered, ...remembered.rides] },
    });
    const driver = after.sim.drivers.find(({ id }) => id === driverId);
    expect(driver).toMatchObject({ offer: null, ride: { rideId: inHand.request.rideId } });
  });

  it('say hello with their state, so that dispatch knows them at once', () => {
    const after = restarted(lively(1_800)).run(0.1, 100);
    const hellos = after.log.flatMap(({ event }) => (event.type === 'driver.status' ? [event.driverId] : []));
    expect(new Set(hellos)).toEqual(new Set(onDuty(after).map(({ id }) => id)));
  });

  it('never use a ride id again', () => {
    const asked = ({ log }: SmallCity) =>
      log.flatMap(({ event }) => (event.type === 'ride.requested' ? [event.rideId] : []));
    const before = lively(900);
    const ids = [...asked(before), ...asked(restarted(before).run(900))];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('do not repeat the hour that was', () => {
    const trips = ({ log }: SmallCity) =>
      log.flatMap(({ event }) => (event.type === 'ride.requested' ? [JSON.stringify(event.pickup)] : []));
    const before = lively(600);
    expect(trips(restarted(before).run(600))).not.toEqual(trips(before));
  });

  it('go home when there are more cars than are wanted now, after the ride in hand', () => {
    const before = lively(1_800);
    const after = restarted(before, before.dispatch, { drivers: 4 });
    const cars = new Set(onDuty(after).map(({ car }) => car));
    expect([...cars].filter((car) => car >= 4).length).toBeGreaterThan(0);
    expect(onDuty(after).every(({ car, ride, offer }) => car < 4 || ride !== null || offer !== null)).toBe(true);
    after.run(3_600);
    expect(onDuty(after).map(({ car }) => car)).toEqual([0, 1, 2, 3]);
  });

  it('get company when more cars are wanted now', () => {
    const before = lively(600);
    expect(onDuty(restarted(before, before.dispatch, { drivers: 30 }))).toHaveLength(30);
  });

  it('forget nothing of a request that dispatch has not taken on yet', () => {
    const before = new SmallCity({ ...OPTIONS, drivers: 0 }).run(300);
    expect(ridesOf(before).length).toBeGreaterThan(3);
    expect(ridesOf(restarted(before, null, { drivers: 0 }))).toEqual(ridesOf(before));
  });
});
