/**
 * The phones of a big city: 2,500 drivers and 16,250 requests an hour. First the pure core alone (agents, routes, JSON), then the
 * same written to a broker in a process of its own and acknowledged. Prints events a second and how many times faster than real time,
 * against the aim of 60.
 *
 * Run after a build: `node bench/simulation.ts [city pack directory ...]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { defaultCityDir, loadCityPack, type CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { CitySimulation } from '@ridestream/rider-app-sim/core/city-simulation';
import { packCity } from '@ridestream/rider-app-sim/runtime/pack-city';
import { toRecords } from '@ridestream/rider-app-sim/runtime/phone-records';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamProducer } from 'streaming-core/client/types';

const DRIVERS = 2_500;
const REQUESTS_PER_HOUR = 16_250;
const AIM = 60;
/** City time: what a tick of 25 ms brings at 60 x. */
const STEP_MS = 1_500;
const CITY_MINUTES = 10;
const IN_FLIGHT_MAX = 20_000;

const newCity = (pack: CityPack): CitySimulation =>
  new CitySimulation({
    city: packCity(pack),
    seed: 1,
    drivers: DRIVERS,
    requestsPerHour: REQUESTS_PER_HOUR,
    startMs: pack.defaultStartMs,
  });

/** Runs the city and hands on each step's records. Resolves to the number of events. */
async function run(pack: CityPack, take: (records: ReturnType<typeof toRecords>) => Promise<void> | void) {
  const simulation = newCity(pack);
  const end = simulation.now + CITY_MINUTES * 60_000;
  let events = 0;
  while (simulation.now < end) {
    const records = toRecords(simulation.step(simulation.now + STEP_MS), Date.now());
    events += records.length;
    await take(records);
  }
  return events;
}

/** Sends without waiting for each batch, but for a bound. */
function writer(producer: StreamProducer) {
  const open = new Set<Promise<void>>();
  let inFlight = 0;
  return {
    take: async (records: ReturnType<typeof toRecords>): Promise<void> => {
      while (inFlight > IN_FLIGHT_MAX) await Promise.race(open);
      inFlight += records.length;
      const sent = producer.send(records).finally(() => {
        inFlight -= records.length;
        open.delete(sent);
      });
      open.add(sent);
    },
    drained: async (): Promise<void> => {
      await Promise.all(open);
    },
  };
}

/** Elapsed time suffers from whatever else the machine does; processor time of this process tells what it costs. */
async function measure(what: string, work: () => Promise<number>): Promise<void> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const events = await work();
  const elapsedMs = performance.now() - startedAt;
  const { system, user } = process.cpuUsage(cpuBefore);
  const timesReal = (CITY_MINUTES * 60_000) / elapsedMs;
  const perSecond = Math.round((events / elapsedMs) * 1_000).toLocaleString('en');
  console.log(
    `  ${what.padEnd(28)} ${perSecond.padStart(9)} events/s, ${timesReal.toFixed(0).padStart(4)} x real time = ` +
      `${(timesReal / AIM).toFixed(1)} of the aim of ${AIM} x; ${((system + user) / events).toFixed(1)} µs of processor each`,
  );
}

const given = process.argv.slice(2);
const dirs = given.length > 0 ? given : [defaultCityDir()];
console.log(`phones, ${os.cpus().length} x ${os.cpus()[0]?.model ?? 'cpu'}, Node ${process.versions.node}`);
console.log(
  `${DRIVERS} drivers, ${REQUESTS_PER_HOUR} requests an hour, ${CITY_MINUTES} city minutes, nobody dispatches`,
);
for (const dir of dirs.filter((path) => existsSync(path))) {
  const pack = await loadCityPack(dir);
  console.log(`${pack.name}: ${pack.graph.nodeCount} junctions, ${pack.zones.all().length} zones`);
  await measure('agents, routes and JSON', () => run(pack, () => undefined));

  const script = fileURLToPath(new URL('support-broker.ts', import.meta.url));
  const broker = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [address] = (await once(broker.stdout, 'data')) as [Buffer];
    const client = createStreamClient({ brokers: address.toString().trim(), clientId: 'bench-phones' });
    await ensurePlatformTopics(client.admin(), pack.partitions.partitionCount);
    const { drained, take } = writer(await client.producer());
    await measure('acknowledged, synced to disk', async () => {
      const events = await run(pack, take);
      await drained();
      return events;
    });
    await client.close();
  } finally {
    broker.kill('SIGTERM');
    await once(broker, 'exit');
  }
}
