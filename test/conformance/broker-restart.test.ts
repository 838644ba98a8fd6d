/** A broker that is killed while idempotent producers of all clients write: each record is there once, in order. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { topicByKafkaJs } from './clients.ts';
import { describeWithJava, runTool } from './java-tools.ts';
import { describeWithLibrdkafka, librdkafkaClient } from './librdkafka.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

/** Writes a value; resolves when it is acknowledged. */
type Write = (topic: string, value: string) => Promise<unknown>;

interface Writer {
  readonly write: Write;
  close(): Promise<void>;
}

const TIMEOUT_MS = 180_000;
const ENOUGH = 30;
const JAVA_RECORDS = 1_500;

let target: Target;
let kafka: Kafka;
let admin: Admin;

beforeAll(async () => {
  target = await startTarget();
  const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 60 };
  kafka = new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING, retry });
  admin = kafka.admin();
  await admin.connect();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await admin.disconnect();
  await target.stop();
}, 30_000);

async function endOf(topic: string): Promise<number> {
  const [offsets] = await admin.fetchTopicOffsets(topic);
  return Number(offsets!.high);
}

async function valuesOf(topic: string): Promise<string[]> {
  const count = await endOf(topic);
  const values: string[] = [];
  const consumer = kafka.consumer({ groupId: unique('group'), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: ({ message }) => Promise.resolve(void values.push(String(message.value))) });
  await until('all records', () => values.length >= count, 60_000);
  await consumer.disconnect();
  return values;
}

/** Writes one value after the other, with a kill in the middle. */
async function writeThroughKill({ write, close }: Writer): Promise<void> {
  const topic = await topicByKafkaJs(admin, 'restart');
  let [acknowledged, isOver] = [0, false];
  const writing = (async () => {
    for (; !isOver; acknowledged++) await write(topic, String(acknowledged));
  })();
  const acknowledges = (count: number): Promise<void> =>
    Promise.race([until(`${count} records`, () => acknowledged >= count, 60_000), writing]);
  await acknowledges(ENOUGH);
  await target.restart();
  await acknowledges(acknowledged + ENOUGH);
  isOver = true;
  await writing;
  await close();
  expect(await valuesOf(topic)).toEqual(Array.from({ length: acknowledged }, (_, index) => String(index)));
}

describe(`a broker that is killed and comes back, on ${targetName}`, () => {
  it(
    'kafkajs',
    async () => {
      const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
      await producer.connect();
      await writeThroughKill({
        write: (topic, value) => producer.send({ topic, messages: [{ value }] }),
        close: () => producer.disconnect(),
      });
    },
    TIMEOUT_MS,
  );

  it(
    '@platformatic/kafka',
    async () => {
      const producer = new Producer({
        clientId: 'restart',
        bootstrapBrokers: [target.bootstrapServers],
        serializers: stringSerializers,
        idempotent: true,
        retries: 200,
        retryDelay: 100,
      });
      await writeThroughKill({
        write: (topic, value) => producer.send({ messages: [{ topic, value }] }),
        close: () => producer.close(),
      });
    },
    TIMEOUT_MS,
  );

  describeWithLibrdkafka('librdkafka', () => {
    it(
      'writes on',
      async () => {
        const configuration = { 'enable.idempotence': true, 'linger.ms': 0, 'reconnect.backoff.max.ms': 500 };
        const producer = librdkafkaClient(target.bootstrapServers).createProducer({
          queueTimeout: 60_000,
          configuration,
        });
        await writeThroughKill({
          write: async (topic, value) => {
            const [delivered] = await producer.send({ topic, messages: [{ payload: Buffer.from(value) }] });
            if (delivered?.error !== undefined) throw new Error(delivered.error.message);
          },
          close: () => Promise.resolve(),
        });
      },
      TIMEOUT_MS,
    );
  });

  describeWithJava('Java, many at a time', () => {
    it(
      'writes on',
      async () => {
        const topic = await topicByKafkaJs(admin, 'restart');
        const load = ['--num-records', String(JAVA_RECORDS), '--record-size', '100', '--throughput', '400'];
        const props = [`bootstrap.servers=${target.bootstrapServers}`, 'enable.idempotence=true', 'acks=all'];
        const writing = runTool('kafka-producer-perf-test', [
          ...['--topic', topic, ...load, '--producer-props', ...props],
        ]);
        await until('some records', async () => (await endOf(topic)) >= ENOUGH, 60_000);
        expect(await endOf(topic)).toBeLessThan(JAVA_RECORDS);
        await target.restart();
        const { output } = await writing;
        expect(output).toContain(`${JAVA_RECORDS} records sent`);
        expect(await endOf(topic)).toBe(JAVA_RECORDS);
      },
      TIMEOUT_MS,
    );
  });
});
