import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createStreamClient } from '../client/stream-client.js';
import type { StreamClient } from '../client/types.js';
import { DeadLetters } from '../nest/dead-letters.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';

const BIN = path.resolve(import.meta.dirname, '../../bin/streaming-core.js');
const QUEUE = 'orders.billing.dlq';
let broker: TestBroker;
let client: StreamClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 1 } });
  client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
  const letters = new DeadLetters('billing', await client.producer(), client.admin());
  const record = {
    topic: 'orders',
    partition: 0,
    timestamp: 1,
    key: 'o-1',
    value: Buffer.from('{}'),
    headers: new Map(),
  };
  for (const offset of [7n, 8n, 9n]) await letters.add({ ...record, offset }, 'card declined', 3);
});

afterAll(async () => {
  await client.close();
  await broker.stop();
});

async function dlq(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const env = { ...process.env, KAFKA_BROKERS: broker.bootstrapServers };
  const child = spawn(process.execPath, [BIN, 'dlq', ...args], { stdio: 'pipe', env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('streaming-core dlq', () => {
  it('lists queues, shows letters, sends back and throws away', async () => {
    expect((await dlq('list')).out).toMatch(/QUEUE +PARTITIONS +LETTERS\norders\.billing\.dlq +1 +3\n/);
    expect((await dlq('list', '--group', 'other', '--json')).out).toBe('');
    expect((await dlq('show', QUEUE, '--max', '1')).out).toMatch(
      /^0@\d from orders-0@\d after 3 attempts: card declined/,
    );
    const shown = await dlq('show', QUEUE, '--partition', '0', '--offset', '0', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ offset: '0', key: 'o-1', value: '{}', origin: { offset: '7' } });
    expect((await dlq('merge', QUEUE, '--partition', '0', '--before', '1')).out).toMatch(/^sent 1 of/);
    expect(JSON.parse((await dlq('purge', QUEUE, '--json')).out)).toEqual({ purged: 2 });
    expect(await client.reader().bounds({ topic: 'orders', partition: 0 })).toEqual({ first: 0n, end: 1n });
    const wrong = await dlq('purge', 'orders');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('orders is not a dead-letter topic')]);
  }, 60_000);
});
