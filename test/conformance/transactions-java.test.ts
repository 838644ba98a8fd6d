/** Transactions of Apache Kafka's Java clients, by the newest rules that the broker offers them, and its tools for transactions. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { describeWithJava, runTool, type JavaTool } from './java-tools.ts';
import { topicByKafkaJs } from './clients.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

const TIMEOUT_MS = 180_000;

let target: Target;
let kafka: Kafka;
let admin: Admin;

async function run(tool: JavaTool, args: readonly string[], server = '--bootstrap-server'): Promise<string> {
  const { code, output } = await runTool(tool, [server, target.bootstrapServers, ...args]);
  if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

function newTopic(partitions?: number): Promise<string> {
  return topicByKafkaJs(admin, 'java-transactions', partitions);
}

async function consume(topic: string, count: number): Promise<string[]> {
  const args = ['--topic', topic, '--from-beginning', '--isolation-level', 'read_committed'];
  const limits = ['--max-messages', String(count), '--timeout-ms', '15000'];
  const output = await run('kafka-console-consumer', [...args, ...limits]);
  return output.split('\n').filter((line) => line !== '' && !line.includes('Processed a total'));
}

describeWithJava(`transactions, Java on ${targetName}`, () => {
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
});
