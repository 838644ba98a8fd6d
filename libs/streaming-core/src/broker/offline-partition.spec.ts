import { expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RawClient } from '../../test/raw-client.js';
import { NodeClock } from '../ports/node/node-clock.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { NodeStorage } from '../ports/node/node-storage.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { Broker } from './broker.js';
import { SILENT } from './logger.js';

const STORAGE_ERROR = 56;

it('serves all other partitions when one cannot be opened', async () => {
  const dataDirectory = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-offline-'));
  const logged: object[] = [];
  const start = () =>
    Broker.start({
      dataDirectory,
      port: 0,
      ports: {
        clock: new NodeClock(),
        random: new NodeRandom(),
        storage: new NodeStorage(),
        network: new NodeNetwork(),
        process: new NodeProcess(),
      },
      logger: { ...SILENT, error: (details) => void logged.push(details) },
    });
  const first = await start();
  first.createTopic({ name: 'rides', partitions: 2, configs: {} });
  await first.stop();
  writeFileSync(path.join(dataDirectory, 'rides-0', 'leader-epoch-checkpoint'), 'not a checkpoint');

  const broker = await start();
  const client = new RawClient(broker.port);
  try {
    expect(logged).toEqual([expect.objectContaining({ topic: 'rides', index: 0 })]);
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
    const partitionData = [0, 1].map((index) => ({ index, records: Buffer.from(records) }));
    const produced = await client.ask(0, 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'rides', partitionData }],
    });
    expect(produced.responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)).toEqual([STORAGE_ERROR, 0]);
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1_000 }));
    const fetched = await client.ask(1, 12, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: 'rides', partitions }],
      rackId: '',
    });
    expect(fetched.responses[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([STORAGE_ERROR, 0]);
    const listed = await client.ask(2, 4, {
      replicaId: -1,
      topics: [{ name: 'rides', partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1n })) }],
    });
    expect(listed.topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([STORAGE_ERROR, 0]);
    const { topics } = await client.ask(3, 9, { topics: [{ name: 'rides' }] });
    expect(topics[0]!.partitions).toMatchObject([
      { errorCode: 5, leaderId: -1, isrNodes: [], offlineReplicas: [1] },
      { errorCode: 0, leaderId: 1, isrNodes: [1], offlineReplicas: [] },
    ]);
  } finally {
    client.close();
    await broker.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
