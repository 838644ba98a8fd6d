/**
 * Apache Kafka's own load generators (ProducerPerformance, ConsumerPerformance, EndToEndLatency) against our broker and against
 * Apache Kafka: throughput by record size and acks, consumption, latency of single records. Needs Java and Maven.
 *
 * Run after a build: `node bench/java-clients.ts [seconds per measurement, about]`
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { available, kafkaClassPath } from '../test/conformance/apache-kafka.ts';
import { forEachBroker, printMachine, printRow, type BenchBroker } from './support-processes.ts';

const SECONDS = Number(process.argv[2] ?? 4);
const PARTITIONS = 6;
/** Sizes, and records that a broker takes in about a second here. */
const SIZES = [
  { name: '100 B', bytes: 100, perSecond: 400_000 },
  { name: '1 KB', bytes: 1_024, perSecond: 100_000 },
  { name: '10 KB', bytes: 10_240, perSecond: 12_000 },
];
const ACKS = ['0', '1', 'all'];
const LATENCY_RECORDS = 2_000;

const run = promisify(execFile);
const here = await available();
if (!here.ok) {
  console.log(`left out: ${here.reason}`);
  process.exit(0);
}
const classPath = await kafkaClassPath();

async function java(main: string, args: readonly string[]): Promise<string> {
  const options = { maxBuffer: 16 << 20 };
  const { stdout } = await run(
    'java',
    ['-Xmx512m', '-cp', classPath, `org.apache.kafka.tools.${main}`, ...args],
    options,
  );
  return stdout;
}

async function createTopic({ bootstrapServers }: BenchBroker, topic: string): Promise<void> {
  const shape = ['--partitions', String(PARTITIONS), '--replication-factor', '1'];
  await java('TopicCommand', ['--bootstrap-server', bootstrapServers, '--create', '--topic', topic, ...shape]);
}

const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? NaN);

/** MB (2^20) per second. */
async function produce({ bootstrapServers }: BenchBroker, topic: string, size: (typeof SIZES)[number], acks: string) {
  const idempotence = acks === 'all' ? 'true' : 'false';
  const props = [`bootstrap.servers=${bootstrapServers}`, `acks=${acks}`, `enable.idempotence=${idempotence}`];
  const output = await java('ProducerPerformance', [
    ...['--topic', topic, '--num-records', String(size.perSecond * SECONDS), '--record-size', String(size.bytes)],
    ...['--throughput', '-1', '--producer-props', ...props, 'linger.ms=5', 'batch.size=65536'],
  ]);
  return number(output.trim().split('\n').at(-1)!, /\(([\d.]+) MB\/sec\)/);
}

async function consume({ bootstrapServers }: BenchBroker, topic: string, records: number): Promise<number> {
  const output = await java('ConsumerPerformance', [
    ...['--bootstrap-server', bootstrapServers, '--topic', topic, '--messages', String(records), '--timeout', '60000'],
  ]);
  // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
  const figures = output.trim().split('\n').at(-1)!.split(', ');
  return Number(figures[8]);
}

async function measure(broker: BenchBroker): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  await createTopic(broker, 'warm-up');
  await produce(broker, 'warm-up', SIZES[1]!, 'all');
  for (const size of SIZES) {
    for (const acks of ACKS) {
      const topic = `p-${size.bytes}-${acks}`;
      await createTopic(broker, topic);
      figures.set(`produce ${size.name}, acks=${acks}`, await produce(broker, topic, size, acks));
      if (acks === 'all') figures.set(`consume ${size.name}`, await consume(broker, topic, size.perSecond * SECONDS));
    }
  }
  const { bootstrapServers } = broker;
  const output = await java('EndToEndLatency', [bootstrapServers, 'warm-up', String(LATENCY_RECORDS), 'all', '200']);
  figures.set('end to end p50, one at a time', number(output, /50th = (\d+)/));
  figures.set('end to end p99, one at a time', number(output, /99th = (\d+)/));
  figures.set('end to end p99.9, one at a time', number(output, /99\.9th = (\d+)/));
  return figures;
}

printMachine();
const all = await forEachBroker(['fsync', 'os'], measure);
const [first] = all.values();
for (const what of first!.keys()) {
  const row = new Map([...all].map(([name, figures]) => [name, figures.get(what)!]));
  const isLatency = what.startsWith('end to end');
  printRow(what, row, isLatency ? 'ms' : 'MB/s', isLatency ? 0 : 1);
}
