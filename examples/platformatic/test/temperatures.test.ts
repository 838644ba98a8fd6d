import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startTestBroker } from 'streaming-core/testing/test-broker';
import { HottestSensors, report } from '../src/temperatures.ts';

void it('finds the hottest reading of each sensor', async () => {
  await using broker = await startTestBroker({ topics: { temperatures: 2 } });
  const hottest = new HottestSensors([broker.bootstrapServers]);
  await hottest.start();
  await report([broker.bootstrapServers], 'roof', [21, 35, 30]);
  await report([broker.bootstrapServers], 'cellar', [12]);
  await broker.waitFor({ group: 'hottest', lag: 0 });
  assert.deepEqual(Object.fromEntries(hottest.degrees), { roof: 35, cellar: 12 });
  await hottest.stop();
});

void it('writes readings although the leader was elsewhere at first', async () => {
  await using broker = await startTestBroker({ topics: { temperatures: 1 } });
  const moved = broker.faults.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER', { topic: 'temperatures' });
  await report([broker.bootstrapServers], 'roof', [21]);
  assert.equal(moved.hits, 1);
  const records = await broker.records('temperatures');
  assert.deepEqual(
    records.map(({ key, value }) => [key, value]),
    [['roof', '21']],
  );
});
