import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../../ports/memory/seeded-random.js';
import { Machine } from '../../../test/transaction-machine.js';

/** Prepares a broker, then runs a transaction that dies at an operation. Null: it ended before. */
async function dieAt(operation: number, isCommit: boolean): Promise<boolean | null> {
  const machine = new Machine();
  const { storage } = machine;
  await machine.start();
  machine.broker.createTopic({ name: 'rides', partitions: 2, configs: {} });
  await machine.findCoordinators();
  await machine.init();
  storage.operations = 0;
  storage.diesAt = operation;
  let wasTold = false;
  try {
    wasTold = await machine.transact(isCommit);
  } catch {
    // A request that gets no answer.
  }
  // What follows an answer, the markers above all, is under way.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const hasDied = storage.isDead;
  if (!hasDied) storage.crash(new SeededRandom(operation));
  storage.diesAt = Infinity;
  machine.broker.kill();
  await machine.start();
  await machine.init();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const { rides, offset } = await machine.seen();
  const isDone = rides[0] === 1;
  expect({ rides, offset }).toEqual(isDone ? { rides: [1, 1], offset: 5n } : { rides: [0, 0], offset: -1n });
  if (wasTold) expect(isDone).toBe(isCommit);
  if (!isCommit) expect(isDone).toBe(false);
  await machine.broker.stop();
  return hasDied ? isDone : null;
}

describe('a transaction over partitions and a group, whenever the power goes', () => {
  it('is there as a whole or not at all, and there if its client was told so', async () => {
    const outcomes: boolean[] = [];
    for (let operation = 1; ; operation++) {
      const outcome = await dieAt(operation, true);
      if (outcome === null) break;
      outcomes.push(outcome);
    }
    // The points lie on both sides of the decision.
    expect(outcomes.length).toBeGreaterThan(10);
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  }, 60_000);

  it('is not there when it was to be aborted', async () => {
    let operation = 1;
    while ((await dieAt(operation, false)) !== null) operation += 1;
    expect(operation).toBeGreaterThan(10);
  }, 60_000);
});
