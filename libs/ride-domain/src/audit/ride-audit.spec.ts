import { describe, expect, it } from '@jest/globals';
import { happyRide, rideStory, START_MS } from '../../test/ride-story.js';
import type { RideEvent } from '../events/ride-events.js';
import { RideAudit } from './ride-audit.js';

function audited(events: readonly RideEvent[], requests = [rideStory().requested()]) {
  const audit = new RideAudit();
  for (const request of requests) audit.addRequest(0, request);
  for (const event of events) audit.addRideEvent(0, event, event.at);
  return audit;
}

describe('RideAudit', () => {
  it('finds nothing wrong with rides that go well, one driver serving both', () => {
    const [one, two] = [rideStory({ rideId: 'r1' }), rideStory({ rideId: 'r2', startMs: START_MS + 600_000 })];
    const report = audited(
      [...happyRide(one, 'd1'), ...happyRide(two, 'd1')],
      [rideStory({ rideId: 'r1' }).requested(), rideStory({ rideId: 'r2' }).requested()],
    ).report();
    expect(report).toMatchObject({ ok: true, requested: 2, queued: 2, withoutRequest: 0, events: 16 });
    expect(report.byState.completed).toBe(2);
  });

  it('counts a request as lost once it is old enough and was never queued', () => {
    const audit = audited([]);
    expect(audit.report(START_MS + 30_000).ok).toBe(true);
    expect(audit.report(START_MS + 90_000)).toMatchObject({ ok: false, lost: 1, lostRides: ['ride-1'] });
  });

  it('finds the request again when topics are read in the other order', () => {
    const audit = audited(happyRide(rideStory(), 'd1'), []);
    expect(audit.report().withoutRequest).toBe(1);
    audit.addRequest(0, rideStory().requested());
    expect(audit.report()).toMatchObject({ ok: true, withoutRequest: 0 });
  });

  it('counts a ride that was queued twice as doubled', () => {
    const s = rideStory();
    expect(audited([s.queued(), s.queued()]).report()).toMatchObject({ ok: false, doubled: 1, illegal: 0 });
  });

  it('counts a ride that was given to a second driver as doubled', () => {
    const s = rideStory();
    const events = [...happyRide(s, 'd1').slice(0, 4), s.assigned('d2')];
    expect(audited(events).report()).toMatchObject({ ok: false, doubled: 1, illegal: 0 });
  });

  it('counts steps out of order as illegal, with an example', () => {
    const s = rideStory();
    const report = audited([s.queued(), s.started('d1')]).report();
    expect(report).toMatchObject({ ok: false, illegal: 1 });
    expect(report.findings).toEqual([
      { rideId: 'ride-1', partition: 0, type: 'ride.started', reason: 'd1 does not have the ride' },
    ]);
  });

  it('takes late answers of phones and repeated writes for what they are', () => {
    const s = rideStory();
    const events = [s.queued(), s.offered('d1'), s.expired('d1'), s.accepted('d1'), s.expired('d1'), s.noDriver()];
    expect(audited(events).report()).toMatchObject({ ok: true, late: 1, duplicates: 1 });
  });

  describe('drivers on two rides', () => {
    const overlapping = (secondStartMs: number) => {
      const [one, two] = [rideStory({ rideId: 'r1' }), rideStory({ rideId: 'r2', startMs: secondStartMs })];
      const longRide = happyRide(one, 'd1').slice(0, 6);
      one.wait(600_000);
      const audit = new RideAudit();
      // The second ride lies in another partition, which is read first.
      for (const event of happyRide(two, 'd1')) audit.addRideEvent(1, event, event.at);
      for (const event of [...longRide, one.completed('d1')]) audit.addRideEvent(0, event, event.at);
      return audit.report();
    };

    it('are found across partitions, in whatever order those are read', () => {
      const report = overlapping(START_MS + 300_000);
      expect(report).toMatchObject({ ok: false, driversOnTwoRides: 1 });
      expect(report.doubleBookings[0]).toMatchObject({ driverId: 'd1', rides: ['r1', 'r2'], overlapMs: 4_000 });
    });

    it('are not seen where one ride follows the other', () => {
      expect(overlapping(START_MS + 700_000).driversOnTwoRides).toBe(0);
    });
  });

  describe('a ride cancelled by dispatch, whose city clock ran a minute ahead while the broker was away', () => {
    /** A cancellation written at wall time 10 s, the driver's next acceptance so many ms later; phones are a minute behind. */
    const nextRideAfter = (laterMs: number) => {
      const cancelled = rideStory({ rideId: 'r1' });
      const audit = new RideAudit();
      for (const event of happyRide(cancelled, 'd1').slice(0, 4)) audit.addRideEvent(0, event, 5_000);
      cancelled.wait(60_000);
      audit.addRideEvent(0, cancelled.cancelled('d1'), 10_000);
      const next = rideStory({ rideId: 'r2', startMs: START_MS + 10_000 });
      for (const [nth, event] of happyRide(next, 'd1').entries()) {
        audit.addRideEvent(0, event, 10_000 + laterMs + nth * 100);
      }
      return audit.report();
    };

    it('does not look like a driver on two rides', () => {
      expect(nextRideAfter(250)).toMatchObject({ ok: true, driversOnTwoRides: 0 });
    });

    it('still does where the phone accepted before the cancellation was written', () => {
      expect(nextRideAfter(-1_000)).toMatchObject({ ok: false, driversOnTwoRides: 1 });
    });
  });

  it('lets a driver go who gave the ride back, and the ride to the next one', () => {
    const s = rideStory();
    const events = [
      ...happyRide(s, 'd1').slice(0, 4),
      s.driverCancelled('d1'),
      s.requeued('d1'),
      s.offered('d2'),
      s.accepted('d2'),
      s.assigned('d2'),
    ];
    s.wait(60_000);
    const other = rideStory({ rideId: 'r2', startMs: START_MS + 30_000 });
    const audit = audited([...events, s.arrived('d2')]);
    audit.addRequest(0, rideStory({ rideId: 'r2' }).requested());
    for (const event of happyRide(other, 'd1')) audit.addRideEvent(0, event, event.at);
    expect(audit.report()).toMatchObject({ ok: true, byState: { arrived: 1, completed: 1 } });
  });

  it('finds records in the wrong partition', () => {
    const audit = new RideAudit({ partitionOf: () => 3 });
    audit.addRequest(3, rideStory().requested());
    audit.addRideEvent(2, rideStory().queued(), START_MS);
    expect(audit.report()).toMatchObject({ ok: false, misplaced: 1 });
  });
});
