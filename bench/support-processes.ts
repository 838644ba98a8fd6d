/** What a process costs, as Linux counts it, and brokers as processes to be measured. For benchmarks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KAFKA_VERSION, available, startApacheKafka } from '../test/conformance/apache-kafka.ts';

export interface BenchBroker {
  readonly name: string;
  readonly bootstrapServers: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const BIN = path.resolve(import.meta.dirname, '../libs/streaming-core/bin/streaming-core.js');
const CLOCK_TICKS_PER_S = 100;

/** Our broker, `streaming-core serve` on the local disk. */
export async function startOurs(flush: string, serveOptions: readonly string[] = []): Promise<BenchBroker> {
  const data = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-bench-'));
  const { child, port } = await serve(data, flush, serveOptions);
  return {
    name: `streaming-core flush=${flush}`,
    bootstrapServers: `127.0.0.1:${port}`,
    pid: child.pid!,
    stop: async () => {
      await end(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** `streaming-core serve` on a data directory; resolves when it listens. */
export async function serve(
  data: string,
  flush: string,
  serveOptions: readonly string[] = [],
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const args = ['serve', '--port', '0', '--data-dir', data, '--config', `flush=${flush}`, ...serveOptions];
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  child.once('exit', (code, signal) => {
    if (signal !== 'SIGTERM' && signal !== 'SIGKILL' && code !== 0)
      console.error(`the broker ended with ${signal ?? `code ${code}`}`);
  });
  return { child, port };
}

/** Apache Kafka, or undefined, with a line that says why, where Java or Maven are missing. */
export async function startPeer(): Promise<BenchBroker | undefined> {
  const here = await available();
  if (!here.ok) {
    console.log(`Apache Kafka is left out: ${here.reason}`);
    return undefined;
  }
  const kafka = await startApacheKafka();
  const { bootstrapServers } = kafka;
  return { name: `Apache Kafka ${KAFKA_VERSION}`, bootstrapServers, pid: kafka.pid(), stop: () => kafka.stop() };
}

/** Measures one broker after the other; each has the machine for itself. */
export async function forEachBroker<T>(
  flushes: readonly string[],
  measure: (broker: BenchBroker) => Promise<T>,
): Promise<Map<string, T>> {
  const figures = new Map<string, T>();
  const starts = [...flushes.map((flush) => () => startOurs(flush)), startPeer];
  for (const start of starts) {
    const broker = await start();
    if (!broker) continue;
    try {
      figures.set(broker.name, await measure(broker));
    } finally {
      await broker.stop();
    }
  }
  return figures;
}

/** Prints one figure of each broker, and how it compares to Apache Kafka's. */
export function printRow(what: string, values: ReadonlyMap<string, number>, unit: string, digits = 0): void {
  const peer = [...values].find(([name]) => name.startsWith('Apache'))?.[1];
  for (const [name, value] of values) {
    const ratio = !peer || name.startsWith('Apache') ? '' : `  ${(value / peer).toFixed(2)} x Apache`;
    const shown = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    console.log(`${what.padEnd(34)} ${name.padEnd(28)} ${shown.padStart(12)} ${unit}${ratio}`);
  }
}

/** User and system time of a process since its start, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S;
}

export function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? NaN) / 1024;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** The machine and how busy it is already: a figure means nothing without. */
export function printMachine(): void {
  const memoryGb = (os.totalmem() / 2 ** 30).toFixed(0);
  console.log(
    `${os.cpus().length} x ${os.cpus()[0]!.model}, ${memoryGb} GB, ${os.type()} ${os.release()}, Node ${process.version}, ` +
      `load now ${os.loadavg()[0]!.toFixed(1)}\n`,
  );
}
