import { beforeEach, describe, expect, it } from '@jest/globals';
import { CONFIG, CoordinatorWorld } from './fixtures/coordinator-world.js';
import { decodeTransaction, decodeTransactionKey, encodeTransaction } from './transaction-records.js';

const T0 = { topic: 't', partition: 0 };
const T1 = { topic: 't', partition: 1 };

let world: CoordinatorWorld;
const state = (id = 'tx') => world.coordinator.get(id)?.state;

beforeEach(() => {
  world = new CoordinatorWorld();
});

describe('InitProducerId', () => {
  it('gives a new transactional id epoch 0, and each who takes it over the next epoch', () => {
    const first = world.init('tx');
    expect(first).toEqual({ error: 'NONE', producerId: 0n, producerEpoch: 0 });
    expect(world.init('tx')).toEqual({ ...first, producerEpoch: 1 });
    expect(world.init('other').producerId).toBe(1n);
  });

  it('aborts the transaction that it finds before it gives an epoch away', () => {
    const zombie = world.init('tx');
    world.add('tx', zombie);
    expect(world.init('tx').error).toBe('CONCURRENT_TRANSACTIONS');
    expect(world.written).toMatchObject([{ isCommit: false, producerEpoch: 1, partitions: [T0], coordinatorEpoch: 7 }]);
    expect(state()).toBe('CompleteAbort');
    expect(world.init('tx')).toMatchObject({ error: 'NONE', producerEpoch: 2 });
    expect(world.add('tx', zombie).error).toBe('PRODUCER_FENCED');
    expect(world.end('tx', zombie, true).error).toBe('PRODUCER_FENCED');
  });

  it('lets a producer go on under a new epoch, twice with one answer, and fences who is not it (KIP-360)', () => {
    const producer = world.init('tx');
    const bumped = world.init('tx', producer);
    expect(bumped).toMatchObject({ error: 'NONE', producerEpoch: 1 });
    expect(world.init('tx', producer)).toEqual(bumped);
    world.init('tx');
    expect(world.init('tx', bumped).error).toBe('PRODUCER_FENCED');
    expect(world.init('tx', { producerId: 99n, producerEpoch: 0 }).error).toBe('PRODUCER_FENCED');
  });

  it('goes over to another producer id when the epochs are used up', () => {
    world.init('tx');
    const last = exhaust(world);
    const fresh = world.init('tx');
    expect(fresh).toEqual({ error: 'NONE', producerId: 1n, producerEpoch: 0 });
    expect(world.init('tx', last)).toMatchObject({ error: 'PRODUCER_FENCED' });
  });

  it('answers a retry over the change of producer ids', () => {
    world.init('tx');
    const last = exhaust(world);
    const fresh = world.init('tx', last);
    expect(fresh).toEqual({ error: 'NONE', producerId: 1n, producerEpoch: 0 });
    expect(world.init('tx', last)).toEqual(fresh);
  });

  it('bounds timeouts and transactional ids', () => {
    expect(world.init('tx', null, CONFIG.maxTimeoutMs + 1).error).toBe('INVALID_TRANSACTION_TIMEOUT');
    expect(world.init('tx', null, 0).error).toBe('INVALID_TRANSACTION_TIMEOUT');
    for (const id of ['a', 'b', 'c']) expect(world.init(id).error).toBe('NONE');
    expect(world.init('d').error).toBe('POLICY_VIOLATION');
    expect(world.init('').error).toBe('INVALID_REQUEST');
  });
});

describe('a transaction', () => {
  it('is decided once it is durable, told then, and complete when its markers are written', () => {
    const producer = world.init('tx');
    world.add('tx', producer, [T0]);
    world.add('tx', producer, [T1]);
    const request = world.ask('tx', { type: 'end', ...producer, isCommit: true, clientVersion: 0 });
    expect(world.replies.get(request)).toBeUndefined();
    expect(world.markers).toEqual([]);
    world.settleAppend();
    expect(world.replies.get(request)?.error).toBe('NONE');
    expect(world.markers).toMatchObject([{ isCommit: true, partitions: [T0, T1], producerEpoch: 0 }]);
    expect(state()).toBe('PrepareCommit');
    expect(world.add('tx', producer).error).toBe('CONCURRENT_TRANSACTIONS');
  });

  it('takes a repeated outcome, and no other', () => {
    const producer = world.init('tx');
    world.add('tx', producer);
    expect(world.end('tx', producer, true, { completes: false }).error).toBe('NONE');
    expect(world.end('tx', producer, true, { completes: false }).error).toBe('CONCURRENT_TRANSACTIONS');
    expect(world.end('tx', producer, false, { completes: false }).error).toBe('INVALID_TXN_STATE');
    world.settle();
    expect(world.end('tx', producer, true).error).toBe('NONE');
    expect(world.end('tx', producer, false).error).toBe('INVALID_TXN_STATE');
  });

  it('does not exist for other producers, nor before its first partition', () => {
    const producer = world.init('tx');
    expect(world.end('tx', producer, true).error).toBe('INVALID_TXN_STATE');
    expect(world.add('tx', { ...producer, producerId: 5n }).error).toBe('INVALID_PRODUCER_ID_MAPPING');
    expect(world.add('nobody', producer).error).toBe('INVALID_PRODUCER_ID_MAPPING');
    expect(world.add('tx', { ...producer, producerEpoch: 3 }).error).toBe('PRODUCER_FENCED');
  });

  it('waits for what is being written', () => {
    const producer = world.init('tx');
    world.ask('tx', { type: 'addPartitions', ...producer, partitions: [T0], clientVersion: 0 });
    const second = world.ask('tx', { type: 'addPartitions', ...producer, partitions: [T1], clientVersion: 0 });
    expect(world.replies.get(second)?.error).toBe('CONCURRENT_TRANSACTIONS');
  });

  it('is as it was when its record cannot be written', () => {
    const producer = world.init('tx');
    const request = world.ask('tx', { type: 'addPartitions', ...producer, partitions: [T0], clientVersion: 0 });
    world.settleAppend('COORDINATOR_NOT_AVAILABLE');
    expect(world.replies.get(request)?.error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(state()).toBe('Empty');
    expect(world.add('tx', producer).error).toBe('NONE');
    expect(state()).toBe('Ongoing');
  });

  it('lets in writes to its own partitions only', () => {
    const producer = world.init('tx');
    expect(world.coordinator.verify('tx', producer, T0)).toBe('TRANSACTION_ABORTABLE');
    world.add('tx', producer, [T0]);
    expect(world.coordinator.verify('tx', producer, T0)).toBe('NONE');
    expect(world.coordinator.verify('tx', producer, T1)).toBe('TRANSACTION_ABORTABLE');
    expect(world.coordinator.verify('tx', { ...producer, producerEpoch: 9 }, T0)).toBe('PRODUCER_FENCED');
    world.end('tx', producer, true, { completes: false });
    expect(world.coordinator.verify('tx', producer, T0)).toBe('CONCURRENT_TRANSACTIONS');
    world.settle();
    expect(world.coordinator.verify('tx', producer, T0)).toBe('TRANSACTION_ABORTABLE');
  });
});

describe('time', () => {
  it('aborts a transaction at its timeout and fences its producer', () => {
    const producer = world.init('tx', null, 5_000);
    expect(world.coordinator.nextDeadlineMs()).toBe(Infinity);
    world.nowMs = 2_000;
    world.add('tx', producer);
    expect(world.coordinator.nextDeadlineMs('tx')).toBe(7_000);
    world.tick(4_999);
    expect(world.appends).toEqual([]);
    world.tick(1);
    world.settle();
    expect(world.timedOut).toEqual(['tx']);
    expect(world.written).toMatchObject([{ isCommit: false, producerEpoch: 1 }]);
    expect(world.end('tx', producer, true).error).toBe('PRODUCER_FENCED');
  });

  it('tries again later when the abort cannot be written', () => {
    const producer = world.init('tx', null, 5_000);
    world.add('tx', producer);
    world.tick(6_000);
    world.settleAppend('COORDINATOR_NOT_AVAILABLE');
    expect(state()).toBe('Ongoing');
    world.tick(0);
    expect(world.appends).toEqual([]);
    world.tick(1_000);
    world.settle();
    expect(state()).toBe('CompleteAbort');
  });

  it('forgets a transactional id that nobody used for the expiration time, and none that is in use', () => {
    world.init('idle');
    const producer = world.init('busy', null, CONFIG.maxTimeoutMs);
    world.add('busy', producer);
    world.nowMs += CONFIG.idExpirationMs + 1;
    world.perform(world.coordinator.expireIds(world.nowMs));
    world.settle();
    expect(world.coordinator.all().map(({ transactionalId }) => transactionalId)).toEqual(['busy']);
    expect(world.log.at(-1)!.value).toBeNull();
    world.restart();
    expect(world.coordinator.get('idle')).toBeUndefined();
  });
});

describe('transaction version 2 (KIP-890)', () => {
  const two = { clientVersion: 2 } as const;

  it('gives a new epoch with each outcome, and the same one again to who asks again', () => {
    const producer = world.init('tx');
    world.add('tx', producer, [T0], 2);
    const next = world.end('tx', producer, true, { ...two, completes: false });
    expect(next).toEqual({ error: 'NONE', producerId: 0n, producerEpoch: 1 });
    expect(world.markers).toMatchObject([{ producerEpoch: 1, isCommit: true }]);
    expect(world.end('tx', producer, true, { ...two, completes: false }).error).toBe('CONCURRENT_TRANSACTIONS');
    world.settle();
    expect(world.end('tx', producer, true, two)).toEqual(next);
    expect(world.end('tx', producer, false, two).error).toBe('INVALID_TXN_STATE');
    expect(world.add('tx', producer, [T0], 2).error).toBe('PRODUCER_FENCED');
    expect(world.add('tx', next, [T0], 2).error).toBe('NONE');
  });

  it('aborts what has no partitions too: the client may not know whether it has', () => {
    const producer = world.init('tx');
    expect(world.end('tx', producer, true, two).error).toBe('INVALID_TXN_STATE');
    const next = world.end('tx', producer, false, two);
    expect(next).toMatchObject({ error: 'NONE', producerEpoch: 1 });
    expect(world.end('tx', next, false, two)).toMatchObject({ error: 'NONE', producerEpoch: 2 });
  });

  it('goes over to another producer id with the last epoch', () => {
    world.init('tx');
    const last = exhaust(world);
    world.add('tx', last, [T0], 2);
    const next = world.end('tx', last, true, two);
    expect(next).toEqual({ error: 'NONE', producerId: 1n, producerEpoch: 0 });
    expect(world.written.at(-1)).toMatchObject({ producerId: 0n, producerEpoch: 0x7fff });
    expect(world.end('tx', last, true, two)).toEqual(next);
    expect(world.add('tx', next, [T0], 2).error).toBe('NONE');
  });

  it('is told apart per transaction: the same id may go back to the older rules', () => {
    const producer = world.init('tx');
    world.add('tx', producer, [T0], 2);
    const next = world.end('tx', producer, true, two);
    world.add('tx', next, [T0], 0);
    expect(world.end('tx', next, false)).toMatchObject({ error: 'NONE', producerEpoch: 1 });
  });
});

describe('a restart', () => {
  it('completes what was decided, and leaves open what was not', () => {
    const [decided, open] = [world.init('decided'), world.init('open')];
    world.add('decided', decided);
    world.add('open', open);
    world.end('decided', decided, true, { completes: false });
    world.restart();
    expect(world.markers).toMatchObject([{ transactionalId: 'decided', isCommit: true, coordinatorEpoch: 7 }]);
    world.settle();
    expect(state('decided')).toBe('CompleteCommit');
    expect(state('open')).toBe('Ongoing');
    expect(world.end('open', open, true).error).toBe('NONE');
    expect(world.coordinator.nextDeadlineMs()).toBe(Infinity);
  });

  it('writes markers again where their completion could not be noted before', () => {
    const producer = world.init('tx');
    world.add('tx', producer);
    world.end('tx', producer, false, { completes: false });
    world.settleMarkers();
    world.settleAppend('COORDINATOR_NOT_AVAILABLE');
    world.restart();
    expect(world.markers).toMatchObject([{ isCommit: false }]);
    world.settle();
    expect(state()).toBe('CompleteAbort');
  });

  it('refuses with exact codes while partitions load, cannot be read, or are not here', () => {
    const { coordinator } = world;
    world.init('tx');
    for (const partition of [0, 1]) coordinator.startLoading(partition);
    expect(world.init('tx').error).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    for (const partition of [0, 1]) coordinator.failLoading(partition);
    expect(world.init('tx').error).toBe('COORDINATOR_NOT_AVAILABLE');
    coordinator.unloadAll();
    expect(world.init('tx').error).toBe('NOT_COORDINATOR');
  });
});

describe('records of __transaction_state', () => {
  it('give back what was written', () => {
    const producer = world.init('tx');
    world.add('tx', producer, [T0, T1, { topic: 'u', partition: 3 }], 2);
    world.end('tx', producer, true, { clientVersion: 2, completes: false });
    const metadata = world.coordinator.get('tx')!;
    expect(decodeTransaction('tx', encodeTransaction(metadata))).toEqual({ ...metadata, lastProducerEpoch: -1 });
  });

  it("read Apache Kafka's version 0, and leave what is newer alone", () => {
    // By the definition of TransactionLogValue 0: producer 4000, epoch 3, timeout 60000, Ongoing, one partition of "orders".
    const hex = '00000000000000000fa000030000ea600100000001' + '00066f7264657273' + '0000000100000002';
    const bytes = Buffer.from(hex + '0000018bcfe56800' + '0000018bcfe56400', 'hex');
    expect(decodeTransaction('tx', bytes)).toMatchObject({
      producerId: 4000n,
      producerEpoch: 3,
      timeoutMs: 60_000,
      state: 'Ongoing',
      partitions: new Map([['orders-2', { topic: 'orders', partition: 2 }]]),
      updatedAtMs: 1_700_000_000_000,
      startedAtMs: 1_699_999_998_976,
    });
    expect(decodeTransactionKey(Buffer.from('0001', 'hex'))).toBeNull();
    expect(decodeTransaction('tx', Buffer.from('0002', 'hex'))).toBeNull();
  });
});

/** Takes the transactional id "tx" to its last epoch, by what lies in the log. */
function exhaust(inWorld: CoordinatorWorld): { producerId: bigint; producerEpoch: number } {
  const producerEpoch = 0x7ffe;
  const metadata = { ...inWorld.coordinator.get('tx')!, producerEpoch };
  inWorld.log.push({ key: inWorld.log[0]!.key, value: encodeTransaction(metadata) });
  const { producerId } = metadata;
  const restarted = inWorld.coordinator;
  for (const { key, value } of inWorld.log.slice(-1)) restarted.load(key, value);
  return { producerId, producerEpoch };
}

describe('when the record that completes a transaction cannot be written', () => {
  it('tries that record again after a while, and writes no marker a second time', () => {
    const producer = world.init('tx');
    world.add('tx', producer);
    world.end('tx', producer, true, { completes: false });
    world.settleMarkers();
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(world.appends).toHaveLength(1);
      world.settleAppend('COORDINATOR_NOT_AVAILABLE');
      expect(world.appends).toEqual([]);
      expect(state()).toBe('PrepareCommit');
      world.tick(world.coordinator.nextDeadlineMs('tx') - world.nowMs);
    }
    world.settleAppend();
    expect(state()).toBe('CompleteCommit');
    expect(world.coordinator.nextDeadlineMs('tx')).toBe(Infinity);
    expect(world.markers).toEqual([]);
    expect(world.written).toHaveLength(1);
  });
});
