import { expect, it } from '@jest/globals';
import { startTestBroker } from '../testing/test-broker.js';
import { createStreamClient } from './stream-client.js';

it('closes although the coordinator never answers its last commit', async () => {
  await using broker = await startTestBroker({ topics: { rides: 1 } });
  const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
  const stalled = broker.faults.delay('OffsetCommit', 600_000);
  const consumer = client.consumer({ groupId: 'g', topics: ['rides'] });
  await consumer.start({ onBatch: () => Promise.resolve() });
  await broker.produce('rides', ['a']);
  await stalled.hit();
  await client.close();
  expect(consumer.assignment()).toEqual([]);
});
