/**
 * How soon and how cheaply a broker is there: from importing it to the first acknowledged produce, in memory and on disk,
 * each run in a fresh process; then memory and processor time of `serve` with 100 partitions and nothing to do.
 *
 * Run after a build: `node bench/broker-startup.ts [runs]`
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, residentMb, startOurs } from './support-processes.ts';

const RUNS = Number(process.argv[2] ?? 9);
const IDLE_PARTITIONS = 100;
const IDLE_MS = 10_000;
const bin = path.resolve(import.meta.dirname, '../libs/streaming-core/bin/streaming-core.js');

if (process.argv[2] === 'one') await measureOnce(process.argv[3] as 'memory' | 'disk');
else await measureAll();

/** In a process of its own: nothing of the broker is loaded yet. Prints the milliseconds. */
async function measureOnce(storage: 'memory' | 'disk'): Promise<void> {
  const startedAt = performance.now();
  const { startTestBroker } = await import('streaming-core/testing/test-broker');
  const broker = await startTestBroker({ storage, topics: { first: 1 } });
  const { connect } = await import('node:net');
  const { encodeRequest, decodeResponse } = await import('streaming-core/wire/messages');
  const { encodeBatch } = await import('streaming-core/wire/records/record-codec');
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: BigInt(Date.now()) }] });
  const topicData = [{ name: 'first', partitionData: [{ index: 0, records }] }];
  const request = encodeRequest(0, 9, { correlationId: 1, clientId: null }, { acks: -1, timeoutMs: 1_000, topicData });
  const socket = connect(broker.port, '127.0.0.1');
  socket.write(Buffer.concat(request));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const elapsedMs = performance.now() - startedAt;
  const { body } = decodeResponse(0, 9, answer.subarray(4));
  if (body.responses[0]?.partitionResponses[0]?.errorCode !== 0) throw new Error('the produce was refused');
  console.log(elapsedMs);
  socket.destroy();
  await broker.stop();
}

async function measureAll(): Promise<void> {
  const self = fileURLToPath(import.meta.url);
  console.log(`${os.cpus().length} cores, ${os.cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, ${RUNS} runs`);
  for (const [storage, aimMs] of [
    ['memory', 100],
    ['disk', 150],
  ] as const) {
    const runs = Array.from({ length: RUNS }, () => Number(execFileSync(process.execPath, [self, 'one', storage])));
    const median = runs.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
    console.log(
      `import to first acknowledged produce, ${storage}: median ${median.toFixed(0)} ms ` +
        `(${runs[0]!.toFixed(0)}-${runs.at(-1)!.toFixed(0)}), ${(median / aimMs).toFixed(2)} of the ${aimMs} ms budget`,
    );
  }
  if (process.platform === 'linux') await measureIdle();
}

async function measureIdle(): Promise<void> {
  const broker = await startOurs('fsync');
  try {
    const shape = ['--partitions', String(IDLE_PARTITIONS), '-b', broker.bootstrapServers];
    execFileSync(process.execPath, [bin, 'topics', 'create', 'idle', ...shape]);
    await sleep(2_000);
    const before = cpuSeconds(broker.pid);
    await sleep(IDLE_MS);
    const cpuMs = (cpuSeconds(broker.pid) - before) * 1_000;
    const rssMb = residentMb(broker.pid);
    console.log(
      `idle with ${IDLE_PARTITIONS} partitions: ${rssMb.toFixed(0)} MB resident, ${(rssMb / 90).toFixed(2)} of the 90 MB budget; ` +
        `${((cpuMs / IDLE_MS) * 100).toFixed(2)} % of one core`,
    );
  } finally {
    await broker.stop();
  }
}
