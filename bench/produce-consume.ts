/**
 * The same client, data and settings against our broker and, where Java and Maven are here, Apache Kafka: records and
 * megabytes per second written and read, and latency at fixed rates. Brokers run one at a time, each in its own process
 * on the local disk; the load generator shares the machine with them.
 *
 * Run after a build: `node bench/produce-consume.ts [seconds per measurement]`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { OutgoingRecord, StreamClient, StreamProducer } from 'streaming-core/client/types';
import { forEachBroker, printMachine, printRow, type BenchBroker } from './support-processes.ts';

const SECONDS = Number(process.argv[2] ?? 5);
const PARTITIONS = 6;
const RECORDS_PER_SEND = 100;
const SENDS_OUTSTANDING = 200;
const RATES_PER_S = [1_000, 5_000, 20_000];
const SIZES = [
  { name: '100 B', bytes: 100 },
  { name: '1 KB', bytes: 1024 },
];

interface Throughput {
  readonly produced: number;
  readonly consumed: number;
}

interface Latency {
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly ackP999Ms: number;
  readonly endToEndP50Ms: number;
  readonly endToEndP99Ms: number;
  readonly endToEndP999Ms: number;
}

interface Figures {
  readonly throughput: ReadonlyMap<string, Throughput>;
  /** By records per second. */
  readonly latency: ReadonlyMap<number, Latency>;
}

async function newTopic(client: StreamClient, prefix: string): Promise<string> {
  const name = `${prefix}-${process.pid}-${Math.floor(performance.now())}`;
  await client.admin().ensureTopics([{ name, partitions: PARTITIONS }]);
  return name;
}

function records(topic: string, partition: number, value: string, count: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => ({ topic, partition, key: `key-${i}`, value }));
}

/** Keeps sends outstanding until the time is over; gives acknowledged records per second. */
async function produceFor(producer: StreamProducer, topic: string, bytes: number, seconds: number) {
  const value = 'x'.repeat(bytes);
  const batches = Array.from({ length: PARTITIONS }, (_, p) => records(topic, p, value, RECORDS_PER_SEND));
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  let acknowledged = 0;
  const writers = Array.from({ length: SENDS_OUTSTANDING }, async (_, writer) => {
    for (let i = writer; performance.now() < until; i++) {
      await producer.send(batches[i % PARTITIONS]!);
      acknowledged += RECORDS_PER_SEND;
    }
  });
  await Promise.all(writers);
  return { total: acknowledged, perSecond: acknowledged / ((performance.now() - startedAt) / 1000) };
}

async function consumeAll(client: StreamClient, topic: string, total: number): Promise<number> {
  let seen = 0;
  const reader = client.reader();
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, from: 0n }));
    const onBatch = (batch: { readonly records: readonly unknown[] }): Promise<void> => {
      seen += batch.records.length;
      if (seen >= total) resolve();
      return Promise.resolve();
    };
    reader.follow(partitions, onBatch).catch(reject);
  });
  const perSecond = total / ((performance.now() - startedAt) / 1000);
  await reader.close();
  return perSecond;
}

async function measureLatency(client: StreamClient, producer: StreamProducer, ratePerS: number): Promise<Latency> {
  const topic = await newTopic(client, 'latency');
  const ack: number[] = [];
  const endToEnd: number[] = [];
  const reader = client.reader();
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, from: 0n }));
  await reader.follow(partitions, (batch) => {
    const now = performance.now();
    for (const record of batch.records) endToEnd.push(now - Number(record.headers.get('sent')));
    return Promise.resolve();
  });
  const value = 'x'.repeat(200);
  const startedAt = performance.now();
  const sends: Promise<void>[] = [];
  for (let i = 0; i < ratePerS * SECONDS; i++) {
    const dueAt = startedAt + (i * 1000) / ratePerS;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    // Measured from when it was due, so that a stall counts for all that it delays.
    const headers = { sent: String(dueAt) };
    const sending = producer.send([{ topic, partition: i % PARTITIONS, key: null, value, headers }]);
    sends.push(sending.then(() => void ack.push(performance.now() - dueAt)));
  }
  await Promise.all(sends);
  while (endToEnd.length < sends.length) await sleep(5);
  await reader.close();
  return {
    ackP50Ms: percentile(ack, 0.5),
    ackP99Ms: percentile(ack, 0.99),
    ackP999Ms: percentile(ack, 0.999),
    endToEndP50Ms: percentile(endToEnd, 0.5),
    endToEndP99Ms: percentile(endToEnd, 0.99),
    endToEndP999Ms: percentile(endToEnd, 0.999),
  };
}

function percentile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}

async function measure({ bootstrapServers }: BenchBroker): Promise<Figures> {
  const client = createStreamClient({ brokers: bootstrapServers, clientId: 'bench' });
  const producer = await client.producer();
  await produceFor(producer, await newTopic(client, 'warm-up'), 500, SECONDS);
  const throughput = new Map<string, Throughput>();
  for (const size of SIZES) {
    const topic = await newTopic(client, 'throughput');
    const { total, perSecond } = await produceFor(producer, topic, size.bytes, SECONDS);
    throughput.set(size.name, { produced: perSecond, consumed: await consumeAll(client, topic, total) });
  }
  const latency = new Map<number, Latency>();
  for (const rate of RATES_PER_S) latency.set(rate, await measureLatency(client, producer, rate));
  await client.close();
  return { throughput, latency };
}

printMachine();
console.log(`acks=all, idempotent, ${PARTITIONS} partitions, one broker, ${SECONDS} s each\n`);
const all = await forEachBroker(['fsync', 'os'], measure);
const row = (what: string, pick: (figures: Figures) => number, unit: string, digits: number): void =>
  printRow(what, new Map([...all].map(([name, figures]) => [name, pick(figures)])), unit, digits);
for (const { name: size, bytes } of SIZES) {
  const megabytes = (perSecond: number): number => (perSecond * bytes) / 1e6;
  row(`produce ${size}`, ({ throughput }) => megabytes(throughput.get(size)!.produced), 'MB/s', 1);
  row(`consume ${size}`, ({ throughput }) => megabytes(throughput.get(size)!.consumed), 'MB/s', 1);
}
const latencies: readonly (readonly [string, (latency: Latency) => number])[] = [
  ['ack p50', ({ ackP50Ms }) => ackP50Ms],
  ['ack p99', ({ ackP99Ms }) => ackP99Ms],
  ['ack p99.9', ({ ackP999Ms }) => ackP999Ms],
  ['end to end p50', ({ endToEndP50Ms }) => endToEndP50Ms],
  ['end to end p99', ({ endToEndP99Ms }) => endToEndP99Ms],
  ['end to end p99.9', ({ endToEndP999Ms }) => endToEndP999Ms],
];
for (const rate of RATES_PER_S) {
  for (const [what, pick] of latencies) {
    row(`${what}, ${rate.toLocaleString('en')}/s`, ({ latency }) => pick(latency.get(rate)!), 'ms', 2);
  }
}
