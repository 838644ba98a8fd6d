import { beforeEach, describe, expect, it } from '@jest/globals';
import { batchOf, LogFixture } from '../log/fixtures/log-fixture.js';
import { CorruptLogError } from '../log/log-errors.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { completeBatches } from '../wire/records/record-batch.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { LeaderEpochs } from './leader-epochs.js';
import { errorNameOf } from './partition-errors.js';
import { Partition, type FlushPolicy } from './partition.js';
import { Quorum } from './quorum.js';

const errorName = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => errorNameOf(error),
  );

describe('Partition', () => {
  let storage: MemoryStorage;
  let fixture: LogFixture;
  beforeEach(() => {
    storage = new MemoryStorage();
    fixture = new LogFixture(storage);
  });

  const open = (flush: FlushPolicy = { mode: 'fsync' }) => {
    const epochs = new LeaderEpochs(storage, fixture.directory);
    const log = fixture.open({ epochs, strictDurability: flush.mode === 'fsync' });
    return new Partition({ topic: 'rides', index: 0, nodeId: 1, log, epochs, flush, clock: fixture.clock });
  };
  const fetch = async (partition: Partition, fromOffset: bigint, currentLeaderEpoch = -1) =>
    partition.fetch({ fromOffset, maxBytes: 1000, minOneBatch: true, currentLeaderEpoch });

  it('shows and acknowledges a record only once it is durable', async () => {
    const partition = open();
    storage.holdSyncs();
    const settled: string[] = [];
    const none = partition.append(batchOf(['a']), 0).then(() => settled.push('acks=0'));
    const leader = partition.append(batchOf(['b']), 1).then(() => settled.push('acks=1'));
    const all = partition.append(batchOf(['c']), -1).then(() => settled.push('acks=all'));
    await none;
    await new Promise(setImmediate);
    expect(settled).toEqual(['acks=0']);
    expect(partition.highWatermark).toBe(0n);
    expect((await fetch(partition, 0n)).records.length).toBe(0);
    storage.releaseSyncs();
    await Promise.all([leader, all]);
    expect(partition.highWatermark).toBe(3n);
    expect([...completeBatches((await fetch(partition, 0n)).records)].length).toBe(3);
  });

  it('takes the system’s word with flush=os', async () => {
    const partition = open({ mode: 'os' });
    await partition.append(batchOf(['the first waits for its epoch']), -1);
    storage.holdSyncs();
    await partition.append(batchOf(['a']), -1);
    expect(partition.highWatermark).toBe(2n);
  });

  it('wakes subscribers when the high watermark rises, until they unsubscribe', async () => {
    const partition = open();
    let calls = 0;
    const unsubscribe = partition.subscribe(() => (calls += 1));
    await partition.append(batchOf(['a']), -1);
    expect(calls).toBe(1);
    unsubscribe();
    await partition.append(batchOf(['b']), -1);
    expect(calls).toBe(1);
  });

  it('fails what a failed sync did not make durable, and comes back', async () => {
    const partition = open();
    await partition.append(batchOf(['good']), -1);
    storage.inject({ name: 'fail-sync', path: '.log' });
    expect(await errorName(partition.append(batchOf(['lost']), -1))).toBe('KAFKA_STORAGE_ERROR');
    expect(await errorName(partition.append(batchOf(['refused']), -1))).toBe('KAFKA_STORAGE_ERROR');
    expect(partition.isWritable).toBe(false);
    expect(partition.highWatermark).toBe(1n);
    fixture.clock.advance(1000);
    expect(await partition.append(batchOf(['back']), -1)).toMatchObject({ baseOffset: 1n });
  });

  it('fails those who wait for records that a failed sync before a roll took away, before their offsets are given anew', async () => {
    const partition = open();
    await partition.append(batchOf(['good']), -1);
    storage.holdSyncs();
    const waiting = errorName(partition.append(batchOf(['lost']), -1));
    await new Promise(setImmediate);
    storage.inject({ name: 'fail-sync', path: '.log' });
    expect(await errorName(partition.append(batchOf(['x'.repeat(1000)]), -1))).toBe('KAFKA_STORAGE_ERROR');
    expect(await waiting).toBe('KAFKA_STORAGE_ERROR');
    fixture.clock.advance(1000);
    const next = partition.append(batchOf(['next']), -1);
    storage.releaseSyncs();
    expect(await next).toMatchObject({ baseOffset: 1n });
    expect(partition.highWatermark).toBe(2n);
  });

  it('never gives the number of an epoch twice, even when its records were lost', async () => {
    const first = open({ mode: 'os' });
    await first.append(batchOf(['a', 'b']), -1);
    const { leaderEpoch } = first;
    await first.close();
    // The epoch file survives, the log does not.
    for (const name of storage.list(fixture.directory)) {
      if (name !== 'leader-epoch-checkpoint') storage.remove(fixture.file(name));
    }
    expect(open({ mode: 'os' }).leaderEpoch).toBe(leaderEpoch + 1);
  });

  it('answers damage found by a reader as a storage error', () => {
    expect(errorNameOf(new CorruptLogError('0.log', 7, 'a batch fails its CRC check'))).toBe('KAFKA_STORAGE_ERROR');
  });

  it('answers a retried batch with the first one’s offsets', async () => {
    const partition = open();
    const send = (baseSequence: number) =>
      partition.append(batchOf(['x'], { producerId: 3n, producerEpoch: 0, baseSequence }), -1);
    await send(0);
    await partition.append(batchOf(['other']), -1);
    await send(1);
    expect(await send(0)).toMatchObject({ baseOffset: 0n, lastOffset: 0n });
    expect(await errorName(send(7))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(partition.endOffset).toBe(3n);
  });

  it('refuses what a client may not write', async () => {
    const partition = open();
    const corrupt = batchOf(['a']);
    corrupt[corrupt.length - 1]! ^= 1;
    expect(await errorName(partition.append(corrupt, -1))).toBe('CORRUPT_MESSAGE');
    expect(await errorName(partition.append(null, -1))).toBe('INVALID_RECORD');
    expect(await errorName(partition.append(Buffer.concat([batchOf(['a']), batchOf(['b'])]), -1))).toBe(
      'INVALID_RECORD',
    );
    expect(await errorName(partition.append(batchOf(['x'.repeat(2_000_000)]), -1))).toBe('MESSAGE_TOO_LARGE');
    const transactional = batchOf(['a'], { producerId: 1n, producerEpoch: 0, baseSequence: 0, isTransactional: true });
    expect(await errorName(partition.append(transactional, -1))).toBe('INVALID_TXN_STATE');
    expect(partition.endOffset).toBe(0n);
  });

  it('wants keys in a compacted topic', async () => {
    fixture = new LogFixture(storage, { configs: { 'cleanup.policy': 'compact' } });
    const partition = open();
    expect(await errorName(partition.append(batchOf(['a']), -1))).toBe('INVALID_RECORD');
    const keyed = encodeBatch({ records: [{ timestamp: 1n, key: Buffer.from('k'), value: null }] });
    expect(await errorName(partition.append(keyed, -1))).toBe('no error');
  });

  it('leads in a new epoch after each start, and knows where the old ones end', async () => {
    const first = open();
    expect(first.leaderEpoch).toBe(0);
    await first.append(batchOf(['a', 'b']), -1);
    await first.close();
    const second = open();
    expect(second.leaderEpoch).toBe(1);
    await second.close();
    // Nothing was written in the second one's.
    const third = open();
    expect(third.leaderEpoch).toBe(1);
    await third.append(batchOf(['c']), -1);
    expect(third.endOfEpoch(0)).toEqual({ epoch: 0, endOffset: 2n });
    expect(third.endOfEpoch(1)).toEqual({ epoch: 1, endOffset: 3n });
    expect(third.endOfEpoch(2)).toEqual({ epoch: -1, endOffset: -1n });
    expect(await errorName(fetch(third, 0n, 0))).toBe('FENCED_LEADER_EPOCH');
    expect(await errorName(fetch(third, 0n, 2))).toBe('UNKNOWN_LEADER_EPOCH');
    expect(await errorName(fetch(third, 0n, 1))).toBe('no error');
    expect(storage.readFile(fixture.file('leader-epoch-checkpoint'))!.toString()).toBe('0\n2\n0 0\n1 2\n');
  });

  it('answers with the epoch before where one has left no records', () => {
    storage.makeDirectory(fixture.directory);
    storage.writeFileAtomic(fixture.file('leader-epoch-checkpoint'), Buffer.from('0\n2\n3 0\n5 0\n'));
    const partition = open();
    expect(partition.leaderEpoch).toBe(6);
    expect(partition.endOfEpoch(4)).toMatchObject({ endOffset: 0n });
  });

  it.each<FlushPolicy>([{ mode: 'fsync' }, { mode: 'os' }])(
    'makes its epoch and its names durable before the first acknowledgement ($mode), and not sooner',
    async (flush) => {
      const partition = open(flush);
      expect(storage.list(fixture.directory)).not.toContain('leader-epoch-checkpoint');
      storage.holdSyncs();
      let isAcknowledged = false;
      const acknowledged = partition.append(batchOf(['a']), 1).then(() => (isAcknowledged = true));
      await new Promise(setImmediate);
      expect(isAcknowledged).toBe(false);
      expect(partition.highWatermark).toBe(0n);
      storage.releaseSyncs();
      await acknowledged;
      storage.crash();
      expect(open(flush).leaderEpoch).toBe(1);
    },
  );

  it('begins no epoch again of which a record was found after a crash', async () => {
    const first = open({ mode: 'os' });
    storage.holdSyncs();
    const unanswered = first.append(batchOf(['a']), 1).catch(() => undefined);
    // The process dies; the system keeps what it was given.
    first.abandon();
    storage.releaseSyncs();
    await unanswered;
    const second = open({ mode: 'os' });
    expect([second.leaderEpoch, second.highWatermark]).toEqual([1, 1n]);
    second.abandon();
    expect(open({ mode: 'os' }).leaderEpoch).toBe(1);
  });

  it('takes back what cannot be acknowledged because its epoch cannot be written', async () => {
    const partition = open({ mode: 'os' });
    storage.inject({ name: 'fail-append', code: 'DISK_FULL', path: '.aside.tmp' });
    expect(await errorName(partition.append(batchOf(['a']), -1))).toBe('KAFKA_STORAGE_ERROR');
    expect([partition.endOffset, partition.highWatermark]).toEqual([0n, 0n]);
    fixture.clock.advance(1000);
    await partition.append(batchOf(['b']), -1);
    expect([partition.endOffset, partition.highWatermark]).toEqual([1n, 1n]);
  });

  it('deletes records up to an offset', async () => {
    const partition = open();
    await partition.append(batchOf(['a', 'b', 'c']), -1);
    await partition.append(batchOf(['d']), -1);
    expect(partition.deleteRecordsBefore(2n)).toBe(2n);
    expect(await errorName(fetch(partition, 1n))).toBe('OFFSET_OUT_OF_RANGE');
    expect(() => partition.deleteRecordsBefore(5n)).toThrow(expect.objectContaining({ name: 'OffsetOutOfRangeError' }));
    expect(partition.deleteRecordsBefore(-1n)).toBe(4n);
    expect(partition.startOffset).toBe(4n);
  });

  it('answers what waits when it is closed or deleted', async () => {
    const partition = open();
    storage.holdSyncs();
    let woken = 0;
    partition.subscribe(() => (woken += 1));
    const waiting = errorName(partition.append(batchOf(['a']), -1));
    partition.abandon();
    expect(await waiting).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(woken).toBe(1);
    expect(await errorName(fetch(partition, 0n))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    storage.releaseSyncs();
  });

  it('finds offsets by time among what is committed', async () => {
    const partition = open();
    await partition.append(batchOf(['a', 'b', 'c'], { timestamp: 100 }), -1);
    expect(partition.offsetForTimestamp(101)).toMatchObject({ offset: 1n, timestampMs: 101, leaderEpoch: 0 });
    expect(partition.offsetForTimestamp(103)).toBeNull();
    expect(partition.offsetOfMaxTimestamp()).toMatchObject({ offset: 2n });
  });
});

describe('Quorum', () => {
  it('commits what a majority has', () => {
    const quorum = new Quorum([1, 2, 3], 0n);
    quorum.acknowledge(1, 10n);
    expect(quorum.committedOffset()).toBeNull();
    quorum.acknowledge(3, 4n);
    expect(quorum.committedOffset()).toBe(4n);
    quorum.acknowledge(2, 8n);
    expect(quorum.committedOffset()).toBe(8n);
    expect(() => quorum.acknowledge(4, 1n)).toThrow();
  });

  it('commits nothing of an older epoch before the majority has reached this one', () => {
    const quorum = new Quorum([1, 2, 3, 4], 5n);
    for (const [voter, end] of [
      [1, 9n],
      [2, 9n],
      [3, 4n],
      [4, 4n],
    ] as const)
      quorum.acknowledge(voter, end);
    expect(quorum.committedOffset()).toBeNull();
    quorum.acknowledge(3, 5n);
    expect(quorum.committedOffset()).toBe(5n);
  });
});
