/**
 * The log alone, without sockets: append throughput as the system's cache takes it and with every batch durable, and the speed of
 * recovery after a crash. Each figure stands beside what the file system does with the same bytes in the same run.
 *
 *   node scripts/build.mjs && node bench/log.ts
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileHandles } from 'streaming-core/log/file-handles';
import { parseTopicConfigs } from 'streaming-core/log/log-config';
import { PartitionLog } from 'streaming-core/log/partition-log';
import { ReadBuffers } from 'streaming-core/log/read-buffers';
import { NodeClock } from 'streaming-core/ports/node/node-clock';
import { NodeRandom } from 'streaming-core/ports/node/node-random';
import { NodeProcess } from 'streaming-core/ports/node/node-process';
import { NodeStorage } from 'streaming-core/ports/node/node-storage';
import { LogDirectory } from 'streaming-core/replica/log-directory';
import { encodeBatch } from 'streaming-core/wire/records/record-codec';

const BATCH_BYTES = 16 * 1024;
const MIB = 1024 * 1024;
const TOTAL_BYTES = Number(process.env.BENCH_LOG_MIB ?? 512) * MIB;
const SYNCED_APPENDS = 2000;
const IN_FLIGHT = 32;

const batch = encodeBatch({
  records: Array.from({ length: 16 }, () => ({
    timestamp: 1n,
    key: null,
    value: Buffer.alloc(BATCH_BYTES / 16 - 16, 7),
  })),
});
const storage = new NodeStorage();
const clock = new NodeClock();
const config = parseTopicConfigs({});

function openLog(directory: string): PartitionLog {
  return new PartitionLog({
    storage,
    clock,
    handles: new FileHandles(storage),
    readBuffers: new ReadBuffers(),
    directory,
    config,
    strictDurability: false,
    damagePolicy: 'refuse',
  });
}

function seconds(action: () => void): number {
  const start = performance.now();
  action();
  return (performance.now() - start) / 1000;
}

function report(what: string, mibPerS: number, limitMibPerS: number): void {
  const ratio = (mibPerS / limitMibPerS).toFixed(2);
  console.log(
    `${what.padEnd(44)} ${mibPerS.toFixed(0).padStart(6)} MiB/s   ${ratio} of the file system's ${limitMibPerS.toFixed(0)}`,
  );
}

function rawWrite(file: string): number {
  const handle = openSync(file, 'w');
  const taken = seconds(() => {
    for (let written = 0; written < TOTAL_BYTES; written += batch.length) writeSync(handle, batch);
  });
  closeSync(handle);
  return TOTAL_BYTES / MIB / taken;
}

function rawRead(file: string): number {
  const handle = openSync(file, 'r');
  const chunk = Buffer.alloc(MIB);
  let total = 0;
  const taken = seconds(() => {
    for (let count = 1; count > 0; total += count) count = readSync(handle, chunk, 0, chunk.length, null);
  });
  closeSync(handle);
  return total / MIB / taken;
}

function rawSyncedWrites(file: string, count: number): number {
  const handle = openSync(file, 'w');
  const taken = seconds(() => {
    for (let i = 0; i < count; i++) {
      writeSync(handle, batch);
      fdatasyncSync(handle);
    }
  });
  closeSync(handle);
  return (count * batch.length) / MIB / taken;
}

function appendAndRecover(directory: string): void {
  const limit = rawWrite(path.join(directory, 'raw'));
  const readLimit = rawRead(path.join(directory, 'raw'));
  const log = openLog(path.join(directory, 'os-0'));
  let appended = 0;
  const taken = seconds(() => {
    for (; appended < TOTAL_BYTES; appended += batch.length) log.append(batch, 0);
  });
  report('append, 16 KiB batches, flush=os', appended / MIB / taken, limit);
  log.abandon();
  let scanned = 0;
  const recovery = seconds(() => {
    const again = openLog(path.join(directory, 'os-0'));
    scanned = again.recovery.scannedBytes;
    again.abandon();
  });
  report('recovery of an unclean log, every CRC', scanned / MIB / recovery, readLimit);
}

/** A producer that keeps `IN_FLIGHT` appends unacknowledged; group commit shares the syncs among them. */
async function appendDurably(directory: string, inFlight: number): Promise<void> {
  const limit = rawSyncedWrites(path.join(directory, 'raw-sync'), 500);
  const logs = new LogDirectory({
    directory: path.join(directory, `fsync-${inFlight}`),
    nodeId: 1,
    storage,
    clock,
    random: new NodeRandom(),
    process: new NodeProcess(),
  });
  const partition = logs.open('bench', 0, config);
  const latenciesMs: number[] = [];
  let sent = 0;
  const produce = async (): Promise<void> => {
    while (sent < SYNCED_APPENDS) {
      sent += 1;
      const start = performance.now();
      await partition.append(Buffer.from(batch), -1);
      latenciesMs.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, produce));
  const taken = (performance.now() - start) / 1000;
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): string => latenciesMs[Math.floor(latenciesMs.length * share)]!.toFixed(2);
  report(`append acknowledged, flush=fsync, ${inFlight} in flight`, (sent * batch.length) / MIB / taken, limit);
  console.log(`  latency p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  await logs.close();
}

const directory = mkdtempSync(path.join(tmpdir(), 'bench-log-'));
try {
  appendAndRecover(directory);
  await appendDurably(directory, 1);
  await appendDurably(directory, IN_FLIGHT);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
