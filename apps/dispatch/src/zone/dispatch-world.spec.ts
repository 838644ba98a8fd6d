import { describe, expect, it } from '@jest/globals';
import { FINAL_RIDE_STATES } from '@ridestream/ride-domain/rides/ride-states';
import fc from 'fast-check';
import { DispatchWorld } from '../../test/dispatch-world.js';

const number = fc.integer({ min: 0, max: 34 });
type Step = (world: DispatchWorld) => void;

const stepOf = (kind: number, a: number, b: number): Step => {
  switch (kind) {
    case 0:
    case 1:
      return (world) => world.ask(a % 5, b % 10);
    case 2:
    case 3:
      return (world) => world.handleRequest();
    case 4:
    case 5:
      return (world) => world.tick((a % 20) * 1_000);
    case 6:
    case 7:
      return (world) => world.deliver();
    case 8:
    case 9:
      return (world) => world.read(1 + (a % 4));
    case 10:
      return (world) => world.askToCancel(a);
    case 11:
      return (world) => world.saveCheckpoint();
    case 12:
      return (world) => world.crash(a % 4);
    case 13:
      return (world) => world.failWrite(a % 3);
    default:
      return (world) => world.movePhone(a, b);
  }
};
const step = fc.tuple(fc.integer({ min: 0, max: 18 }), number, number);

describe('dispatch and phones over one log', () => {
  it('holds no driver twice, queues no ride twice and ends every ride, whatever crashes when', () => {
    const seen = { crashes: 0, completed: 0, cancelled: 0, noDriver: 0, requeued: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { minLength: 20, maxLength: 160 }),
        (drivers, steps) => {
          const world = new DispatchWorld(drivers);
          for (const [kind, a, b] of steps) stepOf(kind, a, b)(world);
          world.settle();
          const { rides, crashes } = world.audit();
          for (const rideId of world.requestedRides()) {
            const state = rides.get(rideId)?.state;
            expect(FINAL_RIDE_STATES).toContain(state);
            if (state === 'completed') seen.completed++;
            if (state === 'cancelled') seen.cancelled++;
            if (state === 'no_driver_found') seen.noDriver++;
          }
          seen.crashes += crashes;
          seen.requeued += world.log.filter(({ type }) => type === 'ride.requeued').length;
        },
      ),
      { numRuns: 300 },
    );
    // The steps reach what they are meant to reach.
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(20);
  });

  it('builds from the log, with or without a checkpoint, the state that it had', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
        const world = new DispatchWorld(4);
        for (const [kind, a, b] of steps) stepOf(kind, a, b)(world);
        const { live, rebuilt } = world.stateAndRebuilt();
        expect(rebuilt).toEqual(live);
      }),
      { numRuns: 200 },
    );
  });
});
