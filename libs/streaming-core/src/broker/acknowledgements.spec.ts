import { expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { Broker } from './broker.js';

type Flush = 'fsync' | 'interval' | 'os';

/**
 * The table "What an acknowledgement means" of the README, row by row. The power loss here is the worst there is: nothing that was
 * not synced survives it.
 */
it.each<[flush: Flush, acks: 1 | -1, end: 'kill' | 'power' | 'power after the interval', survives: boolean]>([
  ['fsync', 1, 'kill', true],
  ['fsync', 1, 'power', true],
  ['fsync', -1, 'kill', true],
  ['fsync', -1, 'power', true],
  ['interval', 1, 'kill', true],
  ['interval', 1, 'power', false],
  ['interval', 1, 'power after the interval', true],
  ['interval', -1, 'kill', true],
  ['interval', -1, 'power', false],
  ['interval', -1, 'power after the interval', true],
  ['os', 1, 'kill', true],
  ['os', 1, 'power', false],
  ['os', -1, 'kill', true],
  ['os', -1, 'power', false],
])('flush=%s, acks=%i, %s: the record survives: %s', async (flush, acks, end, survives) => {
  const storage = new MemoryStorage();
  const clock = new ManualClock();
  const ports = { clock, random: new NodeRandom(), storage, network: new NodeNetwork() };
  const settings = { flush, 'log.flush.interval.ms': '200' };
  let pid = 0;
  const start = () => {
    const own = (pid += 1);
    const process = { pid: own, identityOf: (asked: number) => (asked === pid ? String(asked) : null) };
    return Broker.start({ dataDirectory: '/data', port: 0, ports: { ...ports, process }, settings });
  };
  const first = await start();
  const { partitions } = first.createTopic({ name: 'rides', partitions: 1, configs: {} });
  const client = new RawClient(first.port);
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
  const topicData = [{ name: 'rides', partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(0, 9, { acks, timeoutMs: 1000, topicData });
  expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
  if (end === 'power after the interval') {
    clock.advance(200);
    await partitions[0]!.flush();
  }
  client.close();
  first.kill();
  if (end !== 'kill') storage.crash();
  const second = await start();
  expect(second.topics()[0]!.partitions[0]!.highWatermark).toBe(survives ? 1n : 0n);
  await second.stop();
});
