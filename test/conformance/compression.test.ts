/** What a client writes in any compression, all others read: the broker keeps batches as they came. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { platformaticOptions } from './clients.ts';
import { describeWithJava, runTool } from './java-tools.ts';
import { describeWithKcat, describeWithLibrdkafka, kcat, librdkafkaClient } from './librdkafka.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
type Codec = (typeof CODECS)[number];

/** A client that writes values to a topic, each of them compressed by a codec, and reads all of a topic. */
interface Client {
  readonly codecs: readonly Codec[];
  write(topic: string, codec: Codec, values: readonly string[]): Promise<void>;
  read(topic: string, count: number): Promise<readonly string[]>;
}

const VALUES = 20;
/** Values that compress well. */
const PADDING = 'x'.repeat(500);
const TIMEOUT_MS = 120_000;

let target: Target;
let admin: Admin;
const topics = Object.fromEntries(CODECS.map((codec) => [codec, unique(codec)])) as Record<Codec, string>;
const written = Object.fromEntries(CODECS.map((codec) => [codec, [] as string[]])) as Record<Codec, string[]>;

beforeAll(async () => {
  target = await startTarget();
  admin = new Admin(platformaticOptions(target, 'compression'));
  await admin.createTopics({ topics: Object.values(topics), partitions: 1, replicas: 1 });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await admin.close();
  await target.stop();
}, 30_000);

const kafkaJs: Client = {
  codecs: ['none', 'gzip', 'zstd'],
  write: async (topic, codec, values) => {
    const producer = kafkaJsClient().producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const { None, GZIP, ZSTD } = kafkajs.CompressionTypes;
    const compression = { none: None, gzip: GZIP, zstd: ZSTD }[codec as 'none' | 'gzip' | 'zstd'];
    await producer.send({ topic, compression, messages: values.map((value) => ({ value })) });
    await producer.disconnect();
  },
  read: async (topic, count) => {
    const consumer = kafkaJsClient().consumer({ groupId: unique('group'), maxWaitTimeInMs: 100 });
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: ({ message }) => Promise.resolve(void values.push(String(message.value))) });
    await until('all records', () => values.length >= count);
    await consumer.disconnect();
    return values;
  },
};

function kafkaJsClient(): Kafka {
  // As its documentation has it: codecs other than gzip are brought along.
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
    decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
  });
  return new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING });
}

const platformatic: Client = {
  codecs: CODECS,
  write: async (topic, compression, values) => {
    const bootstrapBrokers = [target.bootstrapServers];
    const producer = new Producer({ clientId: 'compression', bootstrapBrokers, serializers: stringSerializers });
    await producer.send({ compression, messages: values.map((value) => ({ topic, value })) });
    await producer.close();
  },
  read: async (topic, count) => {
    const consumer = new Consumer({
      clientId: 'compression',
      bootstrapBrokers: [target.bootstrapServers],
      groupId: unique('group'),
      deserializers: stringDeserializers,
    });
    const values: string[] = [];
    const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, maxWaitTime: 100 });
    stream.on('data', ({ value }) => values.push(value));
    await until('all records', () => values.length >= count);
    await consumer.close(true);
    return values;
  },
};

const librdkafka: Client = {
  // Its prebuilt library has no zstd.
  codecs: ['none', 'gzip', 'snappy', 'lz4'],
  write: async (topic, codec, values) => {
    const configuration = { 'compression.codec': codec, 'enable.idempotence': true, 'linger.ms': 20 };
    const producer = librdkafkaClient(target.bootstrapServers).createProducer({ configuration });
    const messages = values.map((value) => ({ payload: Buffer.from(value) }));
    const delivered = await producer.send({ topic, messages });
    expect(delivered.filter(({ error }) => error !== undefined)).toEqual([]);
  },
  read: async (topic, count) => {
    const configuration = { 'auto.offset.reset': 'earliest' };
    const consumer = librdkafkaClient(target.bootstrapServers).createConsumer({
      groupId: unique('group'),
      configuration,
    });
    await consumer.subscribe(topic);
    const values: string[] = [];
    await until('all records', async () => {
      values.push(...(await consumer.recvBatch(100, 100)).map(({ payload }) => String(payload)));
      return values.length >= count;
    });
    await consumer.disconnect();
    return values;
  },
};

const kcatClient: Client = {
  codecs: CODECS,
  write: async (topic, codec, values) => {
    const args = ['-P', '-b', target.bootstrapServers, '-t', topic, '-z', codec, '-X', 'linger.ms=20'];
    expect(await kcat(args, `${values.join('\n')}\n`)).toMatchObject({ code: 0 });
  },
  read: async (topic) => {
    const { out } = await kcat(['-C', '-e', '-q', '-b', target.bootstrapServers, '-t', topic]);
    return out.trim().split('\n');
  },
};

const java: Client = {
  codecs: CODECS,
  write: async (topic, codec, values) => {
    const args = ['--bootstrap-server', target.bootstrapServers, '--topic', topic, '--compression-codec', codec];
    expect(await runTool('kafka-console-producer', args, `${values.join('\n')}\n`)).toMatchObject({ code: 0 });
  },
  read: async (topic, count) => {
    const args = ['--bootstrap-server', target.bootstrapServers, '--topic', topic, '--from-beginning'];
    const limits = ['--max-messages', String(count), '--timeout-ms', '30000'];
    const { output } = await runTool('kafka-console-consumer', [...args, ...limits]);
    return output.split('\n').filter((line) => line.includes(PADDING));
  },
};

const CLIENTS = [
  { client: 'kafkajs', ...kafkaJs, run: describe },
  { client: '@platformatic/kafka', ...platformatic, run: describe },
  { client: 'librdkafka', ...librdkafka, run: describeWithLibrdkafka },
  { client: 'kcat', ...kcatClient, run: describeWithKcat },
  { client: 'Java', ...java, run: describeWithJava },
];

for (const { client, codecs, write, run } of CLIENTS) {
  run(`${client} writes on ${targetName}`, () => {
    it.each(codecs)(
      '%s',
      async (codec) => {
        const values = Array.from({ length: VALUES }, (_, index) => `${client} ${codec} ${index} ${PADDING}`);
        await write(topics[codec], codec, values);
        written[codec].push(...values);
      },
      TIMEOUT_MS,
    );
  });
}

describe(`the broker, ${targetName}`, () => {
  it('keeps what is compressed as small as it came', async () => {
    const sizeOf = async (codec: Codec): Promise<number> => {
      const [directory] = await admin.describeLogDirs({ topics: [{ name: topics[codec], partitions: [0] }] });
      return Number(directory!.results[0]!.topics[0]!.partitions[0]!.partitionSize) / written[codec].length;
    };
    expect(await sizeOf('none')).toBeGreaterThan(PADDING.length);
    for (const codec of CODECS.slice(1)) expect(await sizeOf(codec)).toBeLessThan(PADDING.length / 2);
  });
});

for (const { client, codecs, read, run } of CLIENTS) {
  run(`${client} reads on ${targetName}`, () => {
    it.each(codecs)(
      '%s',
      async (codec) => {
        const values = await read(topics[codec], written[codec].length);
        expect([...values].sort()).toEqual([...written[codec]].sort());
      },
      TIMEOUT_MS,
    );
  });
}
