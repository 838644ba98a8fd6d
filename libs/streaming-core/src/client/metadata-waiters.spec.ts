import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { createStreamClient } from './stream-client.js';
import type { StreamClient, StreamProducer } from './types.js';

describe('sends to a topic that is not known', () => {
  let broker: TestBroker;
  let client: StreamClient;
  let producer: StreamProducer;

  beforeEach(async () => {
    broker = await startTestBroker({ topics: { known: 1 } });
    client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
    producer = await client.producer();
  });
  afterEach(async () => {
    await client.close();
    await broker.stop();
  });

  const values = async (topic: string): Promise<(string | undefined)[]> => {
    const found: (string | undefined)[] = [];
    for await (const records of client.reader().readToEnd({ topic, partition: 0 })) {
      found.push(...records.map(({ value }) => value?.toString()));
    }
    return found;
  };

  it('hold up nobody else, and go out in order once it is there', async () => {
    const settled: string[] = [];
    const send = (topic: string, value: string) =>
      producer.send([{ topic, key: null, value }]).then(() => settled.push(`${topic} ${value}`));
    const late = [send('late', '1'), send('late', '2')];
    const both = producer.send([
      { topic: 'known', key: null, value: 'behind late' },
      { topic: 'late', key: null, value: '3' },
    ]);
    await client.admin().ensureTopics([{ name: 'late', partitions: 1 }]);
    await Promise.all([...late, both]);
    expect(settled).toEqual(['late 1', 'late 2']);
    expect(await values('late')).toEqual(['1', '2', '3']);
  });

  it('let other topics through at once', async () => {
    let isLateSettled = false;
    const late = producer
      .send([{ topic: 'never', key: null, value: 'x' }])
      .catch((error: unknown) => error)
      .finally(() => (isLateSettled = true));
    await producer.send([{ topic: 'known', key: null, value: 'now' }]);
    expect([isLateSettled, await values('known')]).toEqual([false, ['now']]);
    await producer.close();
    expect(await late).toMatchObject({ name: 'StreamClientError' });
  });
});
