/**
 * How long a log, then a whole broker, takes to come back after kill -9. The log: a writer fills segments without pause and is killed
 * in the middle of it; then the log is opened. Beside it stands what the file system takes to write and sync as many bytes as
 * recovery looked at. The broker: clients fill eight partitions, it is killed while they write, and is started again, from the start of its
 * process to the next record it acknowledges; beside it a broker on an empty directory.
 *
 *   BENCH_RECOVERY_GIB=10 node bench/recovery.ts
 */
import { fork } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileHandles } from 'streaming-core/log/file-handles';
import { parseTopicConfigs } from 'streaming-core/log/log-config';
import { PartitionLog } from 'streaming-core/log/partition-log';
import { ReadBuffers } from 'streaming-core/log/read-buffers';
import { NodeClock } from 'streaming-core/ports/node/node-clock';
import { NodeStorage } from 'streaming-core/ports/node/node-storage';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { encodeBatch } from 'streaming-core/wire/records/record-codec';
import { printMachine, serve } from './support-processes.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const BATCH_BYTES = 64 * 1024;
const BUDGET_S = 2;
const PARTITIONS = 8;

function open(directory: string): PartitionLog {
  const storage = new NodeStorage();
  return new PartitionLog({
    storage,
    clock: new NodeClock(),
    handles: new FileHandles(storage),
    readBuffers: new ReadBuffers(),
    directory,
    config: parseTopicConfigs({ 'segment.bytes': String(GIB / 2) }),
    strictDurability: true,
    damagePolicy: 'set-aside',
  });
}

/** In a process of its own: appends and syncs until it is killed. */
async function write(directory: string, bytes: number): Promise<void> {
  const log = open(directory);
  const value = Buffer.alloc(BATCH_BYTES / 16 - 16, 7);
  const records = Array.from({ length: 16 }, () => ({ timestamp: BigInt(Date.now()), key: null, value }));
  let sequence = 0;
  let syncing = Promise.resolve();
  for (let round = 0; ; round++) {
    for (let i = 0; i < 64; i++) {
      log.append(encodeBatch({ records, producerId: 1n, producerEpoch: 0, baseSequence: sequence }), 0);
      sequence += records.length;
    }
    await syncing;
    syncing = log.sync();
    if (log.sizeBytes >= bytes && round % 8 === 0) process.send?.('full');
  }
}

if (process.argv[2] === 'write') await write(process.argv[3]!, Number(process.argv[4]));
else {
  printMachine();
  const wanted = Number(process.env.BENCH_RECOVERY_GIB ?? 2) * GIB;
  await recoverLog(wanted);
  await recoverBroker(wanted);
}

async function recoverLog(wanted: number): Promise<void> {
  const root = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'recovery-'));
  const directory = path.join(root, 'rides-0');
  try {
    const { bsize, bavail } = statfsSync(root);
    if (bsize * bavail < wanted * 1.5) throw new Error(`${root} has no room for ${wanted / GIB} GiB`);
    const writer = fork(import.meta.filename, ['write', directory, String(wanted)]);
    await new Promise<void>((resolve, reject) => {
      writer.once('message', () => resolve());
      writer.once('exit', (code) => reject(new Error(`the writer ended with ${code}`)));
    });
    const exited = new Promise((resolve) => writer.once('exit', resolve));
    writer.removeAllListeners('message');
    writer.kill('SIGKILL');
    await exited;
    const start = performance.now();
    const log = open(directory);
    const tookS = (performance.now() - start) / 1000;
    const { scannedBytes, cutBytes } = log.recovery;
    const writeS = writeAside(root, scannedBytes);
    const size = `${(log.sizeBytes / GIB).toFixed(1)} GiB in ${log.segmentList.length} segments`;
    console.log(`recovery of ${size} after kill -9: ${tookS.toFixed(3)} s (budget ${BUDGET_S} s)`);
    console.log(
      `  ${(scannedBytes / MIB).toFixed(1)} MiB past the checkpoint, ${cutBytes} bytes of a torn batch; writing and syncing as much: ${writeS.toFixed(3)} s, ratio ${(tookS / Math.max(writeS, 0.001)).toFixed(1)}`,
    );
    await log.close();
    if (tookS > BUDGET_S) process.exitCode = 1;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Fills a broker, kills it in the middle of it, and starts it again. */
async function recoverBroker(wanted: number): Promise<void> {
  const root = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'recovery-'));
  try {
    const emptyS = await secondsToAcknowledge(path.join(root, 'empty'));
    const data = path.join(root, 'full');
    const { child, port } = await serve(data, 'fsync');
    const client = createStreamClient({ brokers: `127.0.0.1:${port}`, clientId: 'filler' });
    await client.admin().ensureTopics([{ name: 'rides', partitions: PARTITIONS }]);
    const producer = await client.producer();
    const value = Buffer.alloc(BATCH_BYTES, 7);
    let sent = 0;
    const fill = async (partition: number): Promise<void> => {
      for (;;) {
        await producer.send(Array.from({ length: 8 }, () => ({ topic: 'rides', partition, key: null, value })));
        sent += 8 * BATCH_BYTES;
      }
    };
    const filling = Promise.allSettled(Array.from({ length: PARTITIONS }, (_, partition) => fill(partition)));
    while (sent < wanted) await sleep(50);
    child.kill('SIGKILL');
    await client.close().catch(() => undefined);
    await filling;
    const fullS = await secondsToAcknowledge(data);
    console.log(
      `start of a broker with ${(sent / GIB).toFixed(1)} GiB in ${PARTITIONS} partitions after kill -9, to the next acknowledged record: ` +
        `${fullS.toFixed(3)} s (budget ${BUDGET_S} s; with an empty directory ${emptyS.toFixed(3)} s)`,
    );
    if (fullS > BUDGET_S) process.exitCode = 1;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** From the start of a broker's process on a directory to the first record that it acknowledges. */
async function secondsToAcknowledge(data: string): Promise<number> {
  const start = performance.now();
  const { child, port } = await serve(data, 'fsync');
  const client = createStreamClient({ brokers: `127.0.0.1:${port}`, clientId: 'first' });
  try {
    await client.admin().ensureTopics([{ name: 'rides', partitions: PARTITIONS }]);
    await (await client.producer()).send([{ topic: 'rides', partition: 0, key: null, value: 'back' }]);
    return (performance.now() - start) / 1000;
  } finally {
    await client.close();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

/** Seconds to write as many bytes and sync them: recovery proves what it found by writing it once more. */
function writeAside(root: string, bytes: number): number {
  const handle = openSync(path.join(root, 'aside'), 'w');
  const chunk = Buffer.alloc(MIB, 7);
  const start = performance.now();
  for (let at = 0; at < bytes; at += chunk.length) writeSync(handle, chunk);
  fdatasyncSync(handle);
  closeSync(handle);
  return (performance.now() - start) / 1000;
}
