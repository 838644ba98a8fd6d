import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStreamClient } from '../client/stream-client.js';
import type { StreamClient, StreamRecord } from '../client/types.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { DeadLetters, deadLetterTopic } from './dead-letters.js';

/** Just under what a topic takes by default. */
const LARGEST_VALUE = 1_048_000;

describe('DeadLetters', () => {
  let broker: TestBroker;
  let client: StreamClient;

  beforeEach(async () => {
    broker = await startTestBroker({ topics: { rides: 2 } });
    client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'dead-letters' });
  });
  afterEach(async () => {
    await client.close();
    await broker.stop();
  });

  const refused = (value: Buffer, headers: Record<string, string> = {}): StreamRecord => ({
    topic: 'rides',
    partition: 1,
    offset: 42n,
    timestamp: 1_000,
    key: 'r1',
    value,
    headers: new Map(Object.entries(headers)),
  });

  async function putAside(record: StreamRecord): Promise<StreamRecord> {
    const letters = new DeadLetters('dispatch', await client.producer(), client.admin());
    await letters.add(record, 'not JSON');
    const found: StreamRecord[] = [];
    const topic = deadLetterTopic('rides', 'dispatch');
    for await (const records of client.reader().readToEnd({ topic, partition: 1 })) found.push(...records);
    expect(found).toHaveLength(1);
    return found[0]!;
  }

  it('keeps the record as it was, and says why and whence', async () => {
    const letter = await putAside(refused(Buffer.from('poison'), { traceparent: '00-1' }));
    expect([letter.key, letter.value?.toString(), letter.timestamp]).toEqual(['r1', 'poison', 1_000]);
    expect(Object.fromEntries(letter.headers)).toEqual({
      traceparent: '00-1',
      'dlq-reason': 'not JSON',
      'dlq-topic': 'rides',
      'dlq-partition': '1',
      'dlq-offset': '42',
      'dlq-group': 'dispatch',
    });
  });

  it('takes a record as large as a topic allows: a letter that cannot be written would hold its partition up for ever', async () => {
    const letter = await putAside(refused(Buffer.alloc(LARGEST_VALUE, 1), { note: 'x'.repeat(100_000) }));
    expect(letter.value?.length).toBe(900_000);
    expect(letter.headers.get('dlq-value-bytes')).toBe(String(LARGEST_VALUE));
    expect(letter.headers.has('note')).toBe(false);
  });
});
