import { describe, expect, it } from '@jest/globals';
import { Delivery, PartitionQueue } from './partition-queue.js';
import { StreamClientError } from './types.js';

const FIRST = { producerId: 1n, producerEpoch: 0 };
const SECOND = { producerId: 2n, producerEpoch: 0 };

function add(queue: PartitionQueue, count: number): Delivery {
  const delivery = new Delivery(count, 1_000);
  for (let i = 0; i < count; i++) queue.append({ topic: 't', key: null, value: `${i}` }, 0, delivery, 50);
  return delivery;
}

/** Producer id and first sequence that the next batch carries. */
function next(queue: PartitionQueue, identity = FIRST) {
  const batch = queue.peek()!;
  queue.take(batch);
  batch.identify(identity);
  const bytes = batch.encoded(false).batch;
  return {
    batch,
    producerId: bytes.readBigInt64BE(43),
    sequence: bytes.readInt32BE(53),
    records: bytes.readInt32BE(57),
  };
}

describe('the batches of a partition', () => {
  it('carry sequences without gaps, and a retry repeats its own', () => {
    const queue = new PartitionQueue('t', 0);
    add(queue, 3);
    const first = next(queue);
    expect(first).toMatchObject({ producerId: 1n, sequence: 0, records: 3 });
    add(queue, 2);
    expect(queue.peek()).toBeUndefined(); // one on the wire
    queue.putBack(first.batch, 0);
    add(queue, 1);
    const again = next(queue, SECOND);
    expect(again).toMatchObject({ producerId: 1n, sequence: 0, records: 3 }); // nothing was added to a tried batch
    queue.acknowledge(again.batch);
    expect(next(queue, SECOND)).toMatchObject({ producerId: 1n, sequence: 3, records: 3 });
  });

  it('go on under a fresh producer id when a batch with an unknown fate is given up', () => {
    const queue = new PartitionQueue('t', 0);
    add(queue, 2);
    const lost = next(queue);
    lost.batch.mayBeInLog = true;
    queue.drop(lost.batch);
    add(queue, 1);
    expect(next(queue, SECOND)).toMatchObject({ producerId: 2n, sequence: 0 });
  });

  it('reuse the sequence of a batch that was refused', () => {
    const queue = new PartitionQueue('t', 0);
    add(queue, 2);
    queue.drop(next(queue).batch);
    add(queue, 1);
    expect(next(queue, SECOND)).toMatchObject({ producerId: 1n, sequence: 0 });
  });

  it('settle each send when all its records are settled', async () => {
    const queue = new PartitionQueue('t', 0);
    const sends = [add(queue, 2), add(queue, 1)];
    const { batch } = next(queue);
    batch.succeed();
    await Promise.all(sends.map(({ promise }) => promise));
    const failed = add(queue, 1);
    queue.acknowledge(batch);
    next(queue).batch.fail(new StreamClientError('DELIVERY_FAILED', 'too late'));
    await expect(failed.promise).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
  });
});
