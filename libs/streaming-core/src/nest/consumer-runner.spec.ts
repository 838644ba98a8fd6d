import { describe, expect, it } from '@jest/globals';
import type {
  ConsumerHandlers,
  OutgoingRecord,
  PartitionBatch,
  StreamClient,
  StreamProducer,
} from '../client/types.js';
import { ConsumerRunner } from './consumer-runner.js';
import { untraced } from './tracing.js';

describe('a consumer runner', () => {
  it('puts a refused record aside once, however often its batch is delivered', async () => {
    let handlers!: ConsumerHandlers;
    const consumer = { start: (given: ConsumerHandlers) => Promise.resolve(void (handlers = given)) };
    const admin = { partitionCounts: () => Promise.resolve(new Map([['t.g.dlq', 1]])) };
    const client = { consumer: () => consumer, admin: () => admin } as unknown as StreamClient;
    const dead: OutgoingRecord[] = [];
    const producer = {
      send: (records: readonly OutgoingRecord[]) => Promise.resolve(void dead.push(...records)),
    } as unknown as StreamProducer;
    let calls = 0;
    const handle = () => {
      if (++calls < 3) throw new Error('the database is away');
    };
    const runner = new ConsumerRunner(
      {
        name: 'test',
        options: { groupId: 'g' },
        handlers: new Map([
          ['t', { kind: 'batch' as const, decode: () => ({ ok: false, reason: 'not ours' }), handle }],
        ]),
      },
      { client, producer, metrics: {}, tracing: untraced, warn: () => undefined },
    );
    await runner.start();
    const record = { topic: 't', partition: 0, offset: 5n, timestamp: 1, key: 'k', value: null, headers: new Map() };
    const batch: PartitionBatch = { topic: 't', partition: 0, records: [record], highWatermark: 6n };
    const deliver = () => handlers.onBatch(batch, new AbortController().signal);
    await expect(deliver()).rejects.toThrow('away');
    await expect(deliver()).rejects.toThrow('away');
    await deliver();
    expect(dead.map(({ headers }) => headers?.['dlq-offset'])).toEqual(['5']);
  });
});
