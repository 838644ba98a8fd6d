import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { NodeClock } from '../ports/node/node-clock.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { Broker } from './broker.js';

/** Longer than a test may last: whoever waits this long was not woken. */
const FOR_EVER_MS = 600_000;

describe('a waiting fetch', () => {
  let storage: MemoryStorage;
  let broker: Broker;
  let reader: RawClient;
  let writer: RawClient;

  beforeEach(async () => {
    storage = new MemoryStorage();
    broker = await Broker.start({
      dataDirectory: '/data',
      port: 0,
      settings: {},
      ports: {
        clock: new NodeClock(),
        random: new NodeRandom(),
        storage,
        network: new NodeNetwork(),
        process: new NodeProcess(),
      },
    });
    broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
    reader = new RawClient(broker.port);
    writer = new RawClient(broker.port);
  });

  afterEach(async () => {
    storage.releaseSyncs();
    reader.close();
    writer.close();
    await broker.stop();
  });

  const request = (acks: number) => {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
    return { acks, timeoutMs: 1_000, topicData: [{ name: 'rides', partitionData: [{ index: 0, records }] }] };
  };

  const fetch = () =>
    reader.ask(1, 12, {
      maxWaitMs: FOR_EVER_MS,
      minBytes: 1,
      topics: [{ topic: 'rides', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000 }] }],
      rackId: '',
    });

  const untilItWaits = async () => {
    while (broker.metrics.fetchesWaiting === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it('is answered by what is written while it waits', async () => {
    const answer = fetch();
    await untilItWaits();
    await writer.ask(0, 9, request(-1));
    expect((await answer).responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0);
  });

  it('is answered when what was written before it becomes durable', async () => {
    storage.holdSyncs();
    writer.send(0, 9, request(0));
    // One connection is served in order: when this is answered, the record is written.
    await writer.ask(3, 9, { topics: [] });
    const answer = fetch();
    await untilItWaits();
    storage.releaseSyncs();
    expect((await answer).responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0);
  });
});
