import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Machine } from '../../test/transaction-machine.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { ERROR } from '../wire/error-codes.js';

/** What groups committed for a topic goes with it: a new topic of that name must not begin in the middle. */
let machine: Machine;

beforeEach(async () => {
  machine = new Machine();
  await machine.start();
  await machine.findCoordinators();
  machine.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
  const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: '' }];
  const { topics } = await machine.client.ask(8, 8, { groupId: 'group', topics: [{ name: 'rides', partitions }] });
  expect(topics[0]!.partitions[0]!.errorCode).toBe(ERROR.NONE);
});

afterEach(() => machine.broker.stop());

const deleteRides = () => machine.client.ask(20, 5, { topicNames: ['rides'], timeoutMs: 1_000 });

async function committed(): Promise<bigint> {
  const groups = [{ groupId: 'group', topics: [{ name: 'rides', partitionIndexes: [0] }] }];
  const answer = await machine.client.ask(9, 8, { groups, requireStable: false });
  return answer.groups[0]!.topics[0]!.partitions[0]!.committedOffset;
}

async function crashAndStart(): Promise<void> {
  machine.storage.crash(new SeededRandom(1));
  machine.broker.kill();
  machine.storage.releaseSyncs();
  await machine.start();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

it('once the client is told that the topic is deleted', async () => {
  const { responses } = await deleteRides();
  expect(responses).toMatchObject([{ errorCode: ERROR.NONE }]);
  machine.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
  await crashAndStart();
  expect(await committed()).toBe(-1n);
});

it('and if the power goes while the topic is being deleted', async () => {
  machine.storage.holdSyncs();
  void deleteRides();
  await crashAndStart();
  expect(machine.broker.topics().some(({ name }) => name === 'rides')).toBe(false);
  machine.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
  expect(await committed()).toBe(-1n);
});
