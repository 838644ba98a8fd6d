import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { ERROR } from '../wire/error-codes.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { Broker } from './broker.js';

const TOPIC = 'rides';

describe('the APIs of the log', () => {
  let storage: MemoryStorage;
  let clock: ManualClock;
  let broker: Broker;
  let client: RawClient;

  const start = async () => {
    const ports = { clock, random: new NodeRandom(), storage, network: new NodeNetwork(), process: new NodeProcess() };
    broker = await Broker.start({ dataDirectory: '/data', port: 0, ports });
    client = new RawClient(broker.port);
  };

  beforeEach(async () => {
    storage = new MemoryStorage();
    clock = new ManualClock();
    await start();
    broker.createTopic({ name: TOPIC, partitions: 1, configs: {} });
    broker.createTopic({ name: 'state', partitions: 1, configs: { 'cleanup.policy': 'compact' } });
  });

  afterEach(async () => {
    client.close();
    await broker.stop();
  });

  const produce = async (timeoutMs = 1000) => {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
    const { responses } = await client.ask(0, 9, { acks: -1, timeoutMs, topicData });
    return responses[0]!.partitionResponses[0]!;
  };

  const deleteRecords = async (offset: bigint, name = TOPIC, partitionIndex = 0) => {
    const { topics } = await client.ask(21, 2, {
      topics: [{ name, partitions: [{ partitionIndex, offset }] }],
      timeoutMs: 1000,
    });
    return topics[0]!.partitions[0]!;
  };

  it('deletes records up to an offset, over a restart too', async () => {
    for (let i = 0; i < 5; i++) await produce();
    expect(await deleteRecords(3n)).toMatchObject({ lowWatermark: 3n, errorCode: ERROR.NONE });
    expect(await deleteRecords(2n)).toMatchObject({ lowWatermark: 3n, errorCode: ERROR.NONE });
    expect(await deleteRecords(6n)).toMatchObject({ lowWatermark: -1n, errorCode: ERROR.OFFSET_OUT_OF_RANGE });
    expect(await deleteRecords(-2n)).toMatchObject({ lowWatermark: -1n, errorCode: ERROR.OFFSET_OUT_OF_RANGE });
    client.close();
    await broker.stop();
    await start();
    const listed = await client.ask(2, 4, {
      replicaId: -1,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -2n }] }],
    });
    expect(listed.topics[0]!.partitions[0]).toMatchObject({ offset: 3n });
    expect(await deleteRecords(-1n)).toMatchObject({ lowWatermark: 5n, errorCode: ERROR.NONE });
  });

  it('deletes none of a topic that is compacted, internal or not there', async () => {
    expect((await deleteRecords(0n, 'state')).errorCode).toBe(ERROR.POLICY_VIOLATION);
    expect((await deleteRecords(0n, 'nothing')).errorCode).toBe(ERROR.UNKNOWN_TOPIC_OR_PARTITION);
    expect((await deleteRecords(0n, TOPIC, 7)).errorCode).toBe(ERROR.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it('says where a leader epoch ended', async () => {
    await produce();
    client.close();
    await broker.stop();
    await start();
    await produce();
    const ask = async (leaderEpoch: number, currentLeaderEpoch = -1) => {
      const partitions = [{ partition: 0, leaderEpoch, currentLeaderEpoch }];
      const { topics } = await client.ask(23, 4, { replicaId: -1, topics: [{ topic: TOPIC, partitions }] });
      return topics[0]!.partitions[0]!;
    };
    expect(await ask(0)).toMatchObject({ errorCode: ERROR.NONE, leaderEpoch: 0, endOffset: 1n });
    expect(await ask(1)).toMatchObject({ errorCode: ERROR.NONE, leaderEpoch: 1, endOffset: 2n });
    expect(await ask(2)).toMatchObject({ errorCode: ERROR.NONE, leaderEpoch: -1, endOffset: -1n });
    expect(await ask(0, 0)).toMatchObject({ errorCode: ERROR.FENCED_LEADER_EPOCH });
    expect(await ask(0, 9)).toMatchObject({ errorCode: ERROR.UNKNOWN_LEADER_EPOCH });
  });

  it('describes its one log directory and moves nothing to another', async () => {
    await produce();
    const { errorCode, results } = await client.ask(35, 4, { topics: null });
    expect(errorCode).toBe(ERROR.NONE);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ logDir: '/data', errorCode: ERROR.NONE });
    const sizes = new Map(results[0]!.topics.map(({ name, partitions }) => [name, partitions[0]!.partitionSize]));
    expect(sizes.get(TOPIC)).toBeGreaterThan(60n);
    expect(sizes.get('state')).toBe(0n);
    const some = await client.ask(35, 1, { topics: [{ topic: TOPIC, partitions: [0, 3] }] });
    expect(some.results[0]!.topics).toMatchObject([{ name: TOPIC, partitions: [{ partitionIndex: 0 }] }]);
    const moved = await client.ask(34, 2, {
      dirs: [
        { path: '/data', topics: [{ name: TOPIC, partitions: [0, 3] }] },
        { path: '/elsewhere', topics: [{ name: TOPIC, partitions: [0] }] },
      ],
    });
    expect(moved.results).toMatchObject([
      {
        topicName: TOPIC,
        partitions: [
          { partitionIndex: 0, errorCode: ERROR.NONE },
          { partitionIndex: 3, errorCode: ERROR.UNKNOWN_TOPIC_OR_PARTITION },
          { partitionIndex: 0, errorCode: ERROR.LOG_DIR_NOT_FOUND },
        ],
      },
    ]);
  });

  it('waits for a slow disk as long as the client does, and no longer', async () => {
    storage.holdSyncs();
    const asked = produce(700);
    await until(() => clock.pendingTimers > 0 && broker.topics()[0]!.partitions[0]!.endOffset === 1n);
    clock.advance(699);
    let answer: unknown = null;
    void asked.then((response) => (answer = response));
    clock.advance(1);
    await until(() => answer !== null);
    expect(answer).toMatchObject({ errorCode: ERROR.REQUEST_TIMED_OUT, baseOffset: -1n });
    storage.releaseSyncs();
    expect(await produce()).toMatchObject({ errorCode: ERROR.NONE, baseOffset: 1n });
  });

  it('knows acknowledgements 0, 1 and all, and no others', async () => {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
    const { responses } = await client.ask(0, 9, { acks: 2, timeoutMs: 1000, topicData });
    expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(ERROR.INVALID_REQUIRED_ACKS);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it did not come to be');
}
