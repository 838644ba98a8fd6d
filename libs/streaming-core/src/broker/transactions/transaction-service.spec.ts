import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageError } from '../../ports/storage.js';
import { ERROR } from '../../wire/error-codes.js';
import { Machine, TX } from '../../../test/transaction-machine.js';

let machine: Machine;
beforeEach(async () => {
  machine = new Machine();
  await machine.start();
  machine.broker.createTopic({ name: 'rides', partitions: 2, configs: {} });
  await machine.findCoordinators();
});
afterEach(() => machine.broker.stop());

const add = (producer: { producerId: bigint; producerEpoch: number }) =>
  machine.client.ask(24, 3, {
    v3AndBelowTransactionalId: TX,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: 'rides', partitions: [0] }],
  });
const codeOf = ({ resultsByTopicV3AndBelow: [topic] }: Awaited<ReturnType<typeof add>>) =>
  topic!.resultsByPartition[0]!.partitionErrorCode;
const initOnce = () =>
  machine.client.ask(22, 4, { transactionalId: TX, transactionTimeoutMs: 60_000, producerId: -1n, producerEpoch: -1 });

describe('the transaction service', () => {
  it('lets the next request wait for the markers of the last transaction', async () => {
    const producer = await machine.init();
    for (let round = 0; round < 5; round++) {
      expect(codeOf(await add(producer))).toBe(ERROR.NONE);
      const ended = await machine.client.ask(26, 3, { transactionalId: TX, ...producer, committed: round % 2 === 0 });
      expect(ended.errorCode).toBe(ERROR.NONE);
    }
  });

  it('gives who takes over an epoch in one request, when the transaction that it found is aborted', async () => {
    const zombie = await machine.init();
    await add(zombie);
    expect(await initOnce()).toMatchObject({ errorCode: ERROR.NONE, producerEpoch: zombie.producerEpoch + 2 });
  });

  it('asks to come again when that takes too long', async () => {
    const producer = await machine.init();
    await add(producer);
    machine.storage.holdSyncs();
    const waiting = initOnce();
    const turns = async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    };
    await turns();
    machine.storage.releaseSyncs();
    // Its fence is durable now, its markers are not.
    machine.storage.holdSyncs();
    await turns();
    machine.clock.advance(1_000);
    expect(await waiting).toMatchObject({ errorCode: ERROR.CONCURRENT_TRANSACTIONS });
    machine.storage.releaseSyncs();
    await turns();
    expect(await initOnce()).toMatchObject({ errorCode: ERROR.NONE });
  });

  it('asks an idempotent producer to come again while no id can be written down', async () => {
    const idOf = () => machine.client.ask(22, 4, { transactionalId: null, transactionTimeoutMs: 1 });
    const storage = machine.storage as { writeFileAtomic?: unknown };
    storage.writeFileAtomic = () => {
      throw new StorageError('DISK_FULL', 'no room');
    };
    expect(await idOf()).toMatchObject({ errorCode: ERROR.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1n });
    delete storage.writeFileAtomic;
    expect(await idOf()).toMatchObject({ errorCode: ERROR.NONE, producerId: 0n });
  });

  it('aborts at the timeout by the clock that it is given', async () => {
    const producer = await machine.init();
    await add(producer);
    machine.clock.advance(60_001);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const { transactionStates } = await machine.client.ask(65, 0, { transactionalIds: [TX] });
    expect(transactionStates).toMatchObject([{ transactionState: 'CompleteAbort', producerEpoch: 1 }]);
    expect(codeOf(await add(producer))).toBe(ERROR.PRODUCER_FENCED);
    const listed = await machine.client.ask(66, 2, {
      stateFilters: ['CompleteAbort', 'NoSuchState'],
      producerIdFilters: [],
      transactionalIdPattern: 't.',
    });
    expect(listed).toMatchObject({ errorCode: 0, unknownStateFilters: ['NoSuchState'] });
    expect(listed.transactionStates).toMatchObject([{ transactionalId: TX, transactionState: 'CompleteAbort' }]);
    const nonsense = await machine.client.ask(66, 2, {
      stateFilters: [],
      producerIdFilters: [],
      transactionalIdPattern: '(',
    });
    expect(nonsense.errorCode).toBe(ERROR.INVALID_REGULAR_EXPRESSION);
  });
});
