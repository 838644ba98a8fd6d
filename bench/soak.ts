/**
 * A broker under a steady load for a long time: memory must be flat. Writes and reads at a fixed rate, with retention, compaction,
 * a group that commits and connections that come and go. Prints each minute what the process holds and the least that was in use
 * on its heap, that is, after a collection; in the end how fast both grew after the first quarter. Resident memory goes up and down
 * as the runtime sees fit; what is in use is what may leak.
 *
 * Run after a build: `node bench/soak.ts [minutes] [records per second]`. Not among those that run by default.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { freePorts } from '../test/support/free-ports.ts';
import { cpuSeconds, printMachine, residentMb, startOurs } from './support-processes.ts';

const MINUTES = Number(process.argv[2] ?? 60);
const RATE_PER_S = Number(process.argv[3] ?? 5_000);
const PARTITIONS = 6;
const TICK_MS = 100;
const VALUE = 'x'.repeat(500);
const KEYS = 10_000;
const TOPICS = [
  { name: 'soak', partitions: PARTITIONS, config: { 'retention.bytes': '67108864', 'segment.bytes': '16777216' } },
  {
    name: 'soak-state',
    partitions: PARTITIONS,
    config: { 'cleanup.policy': 'compact', 'segment.bytes': '16777216', 'min.cleanable.dirty.ratio': '0.3' },
  },
];

printMachine();
const [metricsPort] = await freePorts(1);
const broker = await startOurs('fsync', ['--metrics-port', String(metricsPort)]);
const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'soak' });
await client.admin().ensureTopics(TOPICS);
const producer = await client.producer();
let written = 0;
let read = 0;
const consumer = client.consumer({ groupId: 'soak', topics: ['soak'] });
await consumer.start({
  onBatch: ({ records }) => {
    read += records.length;
    return Promise.resolve();
  },
});

/** One client that comes, writes, and goes, each second. */
async function visit(): Promise<void> {
  const visitor = createStreamClient({ brokers: broker.bootstrapServers, clientId: `visitor-${written}` });
  const guest = await visitor.producer();
  await guest.send([{ topic: 'soak', partition: 0, key: null, value: VALUE }]);
  written += 1;
  await visitor.close();
}

interface Sample {
  readonly minute: number;
  readonly residentMb: number;
  /** The least that was in use in that minute. */
  readonly heapMb: number;
  /** What the runtime keeps for the heap, in use or not. */
  readonly heldMb: number;
}

async function memoryMb(kind: 'heap_used' | 'heap_total'): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(new RegExp(`process_memory_bytes\\{kind="${kind}"\\} (\\S+)`).exec(text)?.[1] ?? NaN) / 2 ** 20;
}

const samples: Sample[] = [];
const startedAt = performance.now();
const elapsedMs = (): number => performance.now() - startedAt;
const perTick = (RATE_PER_S * TICK_MS) / 1_000;
let nextSampleMs = 60_000;
let ticks = 0;
let heapMb = Infinity;
console.log('minute   resident MB       heap MB  heap held MB   processor s    written       read');
while (elapsedMs() < MINUTES * 60_000) {
  const records = Array.from({ length: perTick }, (_, i) => ({
    topic: i % 5 === 0 ? 'soak-state' : 'soak',
    partition: i % PARTITIONS,
    key: `key-${(written + i * 7) % KEYS}`,
    value: VALUE,
  }));
  await producer.send(records);
  written += records.length;
  ticks += 1;
  if (ticks % 10 === 0) {
    await visit();
    heapMb = Math.min(heapMb, await memoryMb('heap_used'));
  }
  const waitMs = ticks * TICK_MS - elapsedMs();
  if (waitMs > 0) await sleep(waitMs);
  if (elapsedMs() < nextSampleMs) continue;
  const minute = Math.round(nextSampleMs / 60_000);
  const sample = { minute, residentMb: residentMb(broker.pid), heapMb, heldMb: await memoryMb('heap_total') };
  samples.push(sample);
  heapMb = Infinity;
  nextSampleMs += 60_000;
  const figures = [sample.residentMb, sample.heapMb, sample.heldMb, cpuSeconds(broker.pid)].map((figure) =>
    figure.toFixed(0),
  );
  console.log(
    [minute, ...figures, written, read]
      .map((cell, i) => String(cell).padStart([6, 13, 13, 13, 13, 10, 10][i]!))
      .join(' '),
  );
}
await consumer.close();
await client.close();
await broker.stop();

const late = samples.slice(Math.floor(samples.length / 4));
for (const [what, pick] of [
  ['resident', (sample: Sample) => sample.residentMb],
  ['heap in use', (sample: Sample) => sample.heapMb],
] as const) {
  console.log(`growth of ${what} after the first quarter: ${slope(late, pick).toFixed(3)} MB a minute`);
}

/** Of the line through the samples with the least squares. */
function slope(points: readonly Sample[], pick: (sample: Sample) => number): number {
  const meanX = points.reduce((sum, { minute }) => sum + minute, 0) / points.length;
  const meanY = points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const over = points.reduce((sum, point) => sum + (point.minute - meanX) * (pick(point) - meanY), 0);
  const under = points.reduce((sum, { minute }) => sum + (minute - meanX) ** 2, 0);
  return over / under;
}
