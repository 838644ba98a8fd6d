/**
 * librdkafka, by way of kcat, against our broker and against Apache Kafka: lines of a file written with acks 0, 1 and all, and
 * read back. The time is that of the whole command. Needs kcat.
 *
 * Run after a build: `node bench/librdkafka-client.ts [megabytes per measurement]`
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { cpuSeconds, forEachBroker, printMachine, printRow, type BenchBroker } from './support-processes.ts';

const MEGABYTES = Number(process.argv[2] ?? 200);
const PARTITIONS = 6;
const SIZES = [
  { name: '100 B', bytes: 100 },
  { name: '1 KB', bytes: 1_024 },
  { name: '10 KB', bytes: 10_240 },
];
const ACKS = ['0', '1', 'all'];
const COMMAND_MS_MAX = 120_000;
const SETTLE_MS = 2_000;

const run = promisify(execFile);
if (spawnSync('kcat', ['-V']).status !== 0) {
  console.log('left out: kcat is not installed');
  process.exit(0);
}
const work = mkdtempSync(path.join(os.tmpdir(), 'librdkafka-bench-'));

const fileOf = ({ bytes }: { readonly bytes: number }): string => path.join(work, `${bytes}.txt`);
const countOf = ({ bytes }: { readonly bytes: number }): number => Math.floor((MEGABYTES * 1e6) / (bytes + 1));

async function kcat(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await run('kcat', [...args], { maxBuffer: 64 << 20, timeout: COMMAND_MS_MAX });
  return (performance.now() - startedAt) / 1_000;
}

async function measure(broker: BenchBroker): Promise<Map<string, number>> {
  const { bootstrapServers, pid } = broker;
  const figures = new Map<string, number>();
  const client = createStreamClient({ brokers: bootstrapServers, clientId: 'bench' });
  try {
    const names = SIZES.flatMap(({ bytes }) => ACKS.map((acks) => `t-${bytes}-${acks}`));
    await client.admin().ensureTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
    // With acks=0 Apache Kafka ends the connection of who writes to a partition before it leads it.
    await sleep(SETTLE_MS);
    for (const size of SIZES) {
      const megabytes = (countOf(size) * size.bytes) / 1e6;
      for (const acks of ACKS) {
        const topic = `t-${size.bytes}-${acks}`;
        const settings = ['-X', `acks=${acks}`, '-X', 'linger.ms=5', '-X', 'queue.buffering.max.messages=500000'];
        const before = cpuSeconds(pid);
        const seconds = await kcat(['-P', '-b', bootstrapServers, '-t', topic, '-l', fileOf(size), ...settings]);
        figures.set(`produce ${size.name}, acks=${acks}`, megabytes / seconds);
        figures.set(`produce ${size.name}, acks=${acks}: broker`, ((cpuSeconds(pid) - before) * 1e6) / megabytes);
      }
      const topic = `t-${size.bytes}-all`;
      const before = cpuSeconds(pid);
      const reading = ['-o', 'beginning', '-c', String(countOf(size)), '-f', '', '-X', 'fetch.wait.max.ms=100'];
      const seconds = await kcat(['-C', '-q', '-b', bootstrapServers, '-t', topic, ...reading]);
      figures.set(`consume ${size.name}`, megabytes / seconds);
      figures.set(`consume ${size.name}: broker`, ((cpuSeconds(pid) - before) * 1e6) / megabytes);
    }
  } finally {
    await client.close();
  }
  return figures;
}

printMachine();
try {
  for (const size of SIZES) writeFileSync(fileOf(size), `${'x'.repeat(size.bytes)}\n`.repeat(countOf(size)));
  const all = await forEachBroker(['fsync', 'os'], measure);
  const [first] = all.values();
  for (const what of first!.keys()) {
    const row = new Map([...all].map(([name, figures]) => [name, figures.get(what)!]));
    if (what.endsWith('broker')) printRow(what, row, 'processor-ms/GB', 0);
    else printRow(what, row, 'MB/s', 1);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
