import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { createStreamClient } from './stream-client.js';
import type { StreamClient } from './types.js';

let broker: TestBroker;
let client: StreamClient;

beforeEach(async () => {
  broker = await startTestBroker({ topics: { rides: 1 }, config: { 'auto.create.topics.enable': 'false' } });
  client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test', deliveryTimeoutMs: 300 });
});

afterEach(async () => {
  await client.close();
  await broker.stop();
});

const ignore = (): Promise<void> => Promise.resolve();

describe('following partitions from an offset', () => {
  it('asks for a topic that this client has not heard of', async () => {
    await broker.produce('rides', ['a', 'b', 'c']);
    const { promise: followed, resolve } = Promise.withResolvers<readonly string[]>();
    const reader = client.reader();
    await reader.follow([{ topic: 'rides', partition: 0, from: 1n }], ({ records }) => {
      resolve(records.map(({ value }) => String(value)));
      return Promise.resolve();
    });
    expect(await followed).toEqual(['b', 'c']);
  });

  it.each([
    ['topic', { topic: 'nowhere', partition: 0 }],
    ['partition', { topic: 'rides', partition: 7 }],
  ])('rejects when there is no such %s', async (_, partition) => {
    await expect(client.reader().follow([{ ...partition, from: 1n }], ignore)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
    });
  });

  it('rejects when the reader is closed meanwhile', async () => {
    const patient = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'patient' });
    const reader = patient.reader();
    const following = reader.follow([{ topic: 'nowhere', partition: 0, from: 1n }], ignore);
    await broker.requests.next({ api: 'Metadata', clientId: 'patient' });
    await Promise.all([expect(following).rejects.toMatchObject({ code: 'CLOSED' }), reader.close()]);
    await patient.close();
  });
});
