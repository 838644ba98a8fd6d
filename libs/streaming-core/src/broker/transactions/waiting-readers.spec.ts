import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { encodeBatch } from '../../wire/records/record-codec.js';
import { Machine, TX } from '../../../test/transaction-machine.js';

let machine: Machine;
beforeEach(async () => {
  machine = new Machine();
  await machine.start();
  machine.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
  await machine.findCoordinators();
});
afterEach(() => machine.broker.stop());

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

it('wakes who waits for committed records when the transaction commits, not when it writes', async () => {
  const { client } = machine;
  const producer = await machine.init();
  await client.ask(24, 3, {
    v3AndBelowTransactionalId: TX,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: 'rides', partitions: [0] }],
  });
  const answered = new Map<number, number>();
  const wait = async (isolationLevel: number) => {
    const { responses } = await client.ask(1, 11, {
      maxWaitMs: 60_000,
      minBytes: 1,
      isolationLevel,
      topics: [{ topic: 'rides', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }] }],
    });
    answered.set(isolationLevel, (responses[0]!.partitions[0]!.records as Buffer).length);
  };
  const waiting = [wait(0), wait(1)];
  await turns();
  expect(answered.size).toBe(0);
  for (let baseSequence = 0; baseSequence < 3; baseSequence++) {
    const records = encodeBatch({
      records: [{ timestamp: 1n, key: null, value: Buffer.from('ride') }],
      ...producer,
      baseSequence,
      isTransactional: true,
    });
    const topicData = [{ name: 'rides', partitionData: [{ index: 0, records }] }];
    await client.ask(0, 9, { transactionalId: TX, acks: -1, timeoutMs: 1_000, topicData });
  }
  await turns();
  expect([...answered.keys()]).toEqual([0]);
  await client.ask(26, 3, { transactionalId: TX, ...producer, committed: true });
  await Promise.all(waiting);
  expect(answered.get(1)).toBeGreaterThan(answered.get(0)!);
});
