import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Machine, TX } from '../../../test/transaction-machine.js';
import { ERROR } from '../../wire/error-codes.js';
import { encodeBatch } from '../../wire/records/record-codec.js';

let machine: Machine;
beforeEach(async () => {
  machine = new Machine();
  await machine.start();
  machine.broker.createTopic({ name: 'rides', partitions: 3, configs: {} });
  await machine.findCoordinators();
});
afterEach(() => machine.broker.stop());

it('keeps the order of requests where one must first add a partition to the transaction (KIP-890)', async () => {
  const producer = await machine.init();
  const batch = (index: number, baseSequence: number) => ({
    index,
    records: encodeBatch({
      records: [{ timestamp: 1n, key: null, value: Buffer.from('ride') }],
      ...producer,
      baseSequence,
      isTransactional: true,
    }),
  });
  const produce = async (...partitionData: ReturnType<typeof batch>[]) => {
    const { responses } = await machine.client.ask(0, 12, {
      transactionalId: TX,
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'rides', partitionData }],
    });
    return responses[0]!.partitionResponses.map(({ errorCode }) => errorCode);
  };
  expect(await produce(batch(0, 0))).toEqual([ERROR.NONE]);
  // A producer has up to five requests under way.
  const answers = [
    produce(batch(0, 1), batch(1, 0)),
    produce(batch(0, 2)),
    produce(batch(1, 1), batch(2, 0)),
    produce(batch(0, 3), batch(1, 2), batch(2, 1)),
    produce(batch(2, 2)),
  ];
  expect((await Promise.all(answers)).flat().filter((code) => code !== ERROR.NONE)).toEqual([]);
});
