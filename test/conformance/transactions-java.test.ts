/** Transactions of Apache Kafka's Java clients, by the newest rules that the broker offers them, and its tools for transactions. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from 'streaming-core/broker/broker';
import { NodeClock } from 'streaming-core/ports/node/node-clock';
import { NodeNetwork } from 'streaming-core/ports/node/node-network';
import { NodeProcess } from 'streaming-core/ports/node/node-process';
import { NodeRandom } from 'streaming-core/ports/node/node-random';
import { NodeStorage } from 'streaming-core/ports/node/node-storage';
import { javaTools, runTool, type JavaTool } from './java-tools.ts';
import { START_TIMEOUT_MS, startTarget, unique, until, type Target } from './target.ts';

const here = await javaTools();
const name = here.ok ? 'transactions, Java' : `transactions, Java (skipped: ${here.reason})`;
const TIMEOUT_MS = 180_000;

let target: Target;
let kafka: Kafka;
let admin: Admin;

async function run(tool: JavaTool, args: readonly string[], server = '--bootstrap-server'): Promise<string> {
  const { code, output } = await runTool(tool, [server, target.bootstrapServers, ...args]);
  if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

async function newTopic(numPartitions = 1): Promise<string> {
  const topic = unique('java-transactions');
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  return topic;
}

async function consume(topic: string, count: number): Promise<string[]> {
  const args = ['--topic', topic, '--from-beginning', '--isolation-level', 'read_committed'];
  const limits = ['--max-messages', String(count), '--timeout-ms', '15000'];
  const output = await run('kafka-console-consumer', [...args, ...limits]);
  return output.split('\n').filter((line) => line !== '' && !line.includes('Processed a total'));
}

(here.ok ? describe : describe.skip)(name, () => {
  beforeAll(async () => {
    target = await startTarget();
    kafka = new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await admin.disconnect();
    await target.stop();
  }, 30_000);

  it(
    'kafka-producer-perf-test writes many transactions, each under an epoch of its own; kafka-transactions tells of them',
    async () => {
      const [topic, transactionalId] = [await newTopic(3), unique('perf')];
      const records = ['--num-records', '3000', '--record-size', '100', '--throughput', '3000'];
      const transactions = ['--transactional-id', transactionalId, '--transaction-duration-ms', '100'];
      const props = ['--producer-props', `bootstrap.servers=${target.bootstrapServers}`];
      const { code, output } = await runTool('kafka-producer-perf-test', [
        '--topic',
        topic,
        ...records,
        ...transactions,
        ...props,
      ]);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain('3000 records sent');
      expect(await consume(topic, 3000)).toHaveLength(3000);
      const described = await run('kafka-transactions', ['describe', '--transactional-id', transactionalId]);
      const epoch = new RegExp(`${transactionalId}\\s+(\\d+)\\s+(\\d+)\\s+CompleteCommit`).exec(described)?.[2];
      // By KIP-890 each transaction has an epoch of its own.
      expect(Number(epoch)).toBeGreaterThan(1);
      expect(await run('kafka-transactions', ['list'])).toContain(transactionalId);
      const producers = await run('kafka-transactions', ['describe-producers', '--topic', topic, '--partition', '0']);
      expect(producers).toMatch(/ProducerId\s+ProducerEpoch/);
    },
    TIMEOUT_MS,
  );

  it(
    'the transactional message copier copies each record once',
    async () => {
      const [source, sink] = [await newTopic(), await newTopic()];
      const values = Array.from({ length: 500 }, (_, index) => String(index));
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic: source, messages: values.map((value) => ({ value })) });
      await producer.disconnect();
      const topics = ['--input-topic', source, '--input-partition', '0', '--output-topic', sink];
      const sizes = ['--transaction-size', '50', '--max-messages', '500', '--enable-random-aborts'];
      const ids = ['--transactional-id', unique('copier'), '--consumer-group', unique('group')];
      await run('transactional-message-copier', [...topics, ...sizes, ...ids, '--group-mode'], '--broker-list');
      expect((await consume(sink, 500)).sort()).toEqual([...values].sort());
    },
    TIMEOUT_MS,
  );

  it(
    'kafka-transactions ends a transaction that holds readers back',
    async () => {
      const [topic, transactionalId] = [await newTopic(), unique('hanging')];
      const hanging = kafka.producer({
        transactionalId,
        idempotent: true,
        maxInFlightRequests: 1,
        transactionTimeout: 600_000,
      });
      const plain = kafka.producer();
      await Promise.all([hanging.connect(), plain.connect()]);
      const transaction = await hanging.transaction();
      await transaction.send({ topic, messages: [{ value: 'hanging' }] });
      await plain.send({ topic, messages: [{ value: 'behind' }] });
      const open = await run('kafka-transactions', ['describe', '--transactional-id', transactionalId]);
      expect(open).toMatch(new RegExp(`Ongoing.*${topic}-0`));
      await run('kafka-transactions', ['abort', '--topic', topic, '--partition', '0', '--start-offset', '0']);
      await until('readers get past it', async () => {
        const [offsets] = await admin.fetchTopicOffsets(topic);
        return offsets?.high === '3';
      });
      expect(await consume(topic, 1)).toEqual(['behind']);
      await Promise.all([hanging.disconnect(), plain.disconnect()]);
    },
    TIMEOUT_MS,
  );

  it(
    'kafka-dump-log reads our markers, our transaction index and our transaction log',
    async () => {
      const dataDirectory = await mkdtemp(join(tmpdir(), 'ridestream-dump-'));
      const [clock, random, storage] = [new NodeClock(), new NodeRandom(), new NodeStorage()];
      const ports = { clock, random, storage, network: new NodeNetwork(), process: new NodeProcess() };
      const broker = await Broker.start({ dataDirectory, port: 0, ports });
      broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
      const own = new Kafka({ brokers: [`127.0.0.1:${broker.port}`], logLevel: logLevel.NOTHING });
      const producer = own.producer({ transactionalId: 'dumped', idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      // The last one begins only when those before are complete.
      for (const isCommit of [false, true, false]) {
        const transaction = await producer.transaction();
        await transaction.send({ topic: 'rides', messages: [{ value: 'a' }, { value: 'b' }] });
        await (isCommit ? transaction.commit() : transaction.abort());
      }
      await producer.disconnect();
      await broker.stop();
      const dump = async (directory: string, suffix: string, ...more: string[]): Promise<string> => {
        const files = (await readdir(join(dataDirectory, directory))).filter((file) => file.endsWith(suffix));
        const paths = files.map((file) => join(dataDirectory, directory, file)).join(',');
        const { code, output } = await runTool('kafka-dump-log', ['--files', paths, ...more]);
        expect({ code, output }).toMatchObject({ code: 0 });
        return output;
      };
      const log = await dump('rides-0', '.log', '--print-data-log');
      expect(log).toContain('endTxnMarker: ABORT coordinatorEpoch');
      expect(log).toContain('endTxnMarker: COMMIT coordinatorEpoch');
      expect(await dump('rides-0', '.txnindex')).toMatch(
        /producerId: \d+ firstOffset: 0 lastOffset: 2 lastStableOffset: 3/,
      );
      expect(await dump('rides-0', '.snapshot')).toMatch(/producerId: \d+ producerEpoch: 0/);
      const states = await readdir(dataDirectory);
      const decoded = await Promise.all(
        states
          .filter((directory) => directory.startsWith('__transaction_state'))
          .map((directory) => dump(directory, '.log', '--transaction-log-decoder')),
      );
      expect(decoded.join('')).toMatch(/"transactionalId":"dumped"/);
      expect(decoded.join('')).toMatch(/"transactionStatus":4/);
      await rm(dataDirectory, { recursive: true, force: true });
    },
    TIMEOUT_MS,
  );
});
