/**
 * The whole platform - broker, database, four services - at the highest speed that it sustains: as many times real time.
 * The simulator's clock slows down by itself when the log does not keep up, and dispatch's lag tells when dispatch does not.
 *
 *   node bench/platform.ts [--city <pack>] [--drivers 2500] [--requests-per-hour 16250] [--seconds 45]
 *
 * The defaults are a Manhattan day (about 390,000 requests) where that pack lies beside the repository, else the built-in city.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '..');
const manhattan = path.resolve(root, '../shared/data/nyc');
const { values } = parseArgs({
  options: {
    city: { type: 'string', ...(existsSync(manhattan) ? { default: manhattan } : {}) },
    drivers: { type: 'string', default: '2500' },
    'requests-per-hour': { type: 'string', default: '16250' },
    seconds: { type: 'string', default: '45' },
  },
});
const SECONDS = Number(values.seconds);
const WARM_UP_S = 20;
const SPEEDS = [1, 60, 120];
/** Records that dispatch may be behind and still be said to keep up: about a second of this load. */
const LAG_MAX = 60_000;

interface SimState {
  readonly clock: { readonly cityMs: number };
  readonly log: { readonly acknowledged: number };
  readonly requests: { readonly made: number };
}

async function freePorts(count: number): Promise<number> {
  for (let port = 21_000; ; port += 10) {
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(port + index)));
    if (free.every(Boolean)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return (await response.json()) as T;
}

/** CPU seconds that a process has used, from /proc; NaN elsewhere. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** The launcher's services by name, from their command lines. */
function servicePids(launcher: number): Map<string, number> {
  const pids = new Map<string, number>();
  try {
    const children = readFileSync(`/proc/${launcher}/task/${launcher}/children`, 'utf8').trim().split(' ');
    for (const pid of children.map(Number)) {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      // PostgreSQL works in processes of its own children: not counted.
      const name =
        /apps\/([^/]+)\/dist/.exec(command)?.[1] ?? (command.includes('streaming-core') ? 'broker' : undefined);
      if (name !== undefined) pids.set(name, pid);
    }
  } catch {
    // No /proc: the figures are left out.
  }
  return pids;
}

async function untilReady(port: number, launcher: ChildProcess): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline && launcher.exitCode === null) {
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (
      ready &&
      (await fetch(`http://127.0.0.1:${port + 3}/sim`).then(
        () => true,
        () => false,
      ))
    )
      return;
    await sleep(250);
  }
  throw new Error('the platform did not start');
}

async function measure(port: number, pids: Map<string, number>): Promise<Record<string, number>> {
  const sim = `http://127.0.0.1:${port + 3}/sim`;
  const before = await get<SimState>(sim);
  const cpuBefore = new Map([...pids].map(([name, pid]) => [name, cpuSeconds(pid)]));
  const startedAt = performance.now();
  let lagMax = 0;
  while (performance.now() - startedAt < SECONDS * 1000) {
    await sleep(1_000);
    const health = await get<{ details: { dispatch?: { lag?: number } } }>(`http://127.0.0.1:${port}/health/ready`);
    lagMax = Math.max(lagMax, health.details.dispatch?.lag ?? 0);
  }
  const after = await get<SimState>(sim);
  const seconds = (performance.now() - startedAt) / 1000;
  const figures: Record<string, number> = {
    speed: (after.clock.cityMs - before.clock.cityMs) / 1000 / seconds,
    eventsPerSecond: (after.log.acknowledged - before.log.acknowledged) / seconds,
    requestsPerSecond: (after.requests.made - before.requests.made) / seconds,
    dispatchLagMax: lagMax,
  };
  for (const [name, pid] of pids) figures[`${name} CPU`] = (cpuSeconds(pid) - cpuBefore.get(name)!) / seconds;
  return figures;
}

const port = await freePorts(5);
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'ridestream-bench-'));
const args = [
  ...(values.city === undefined ? [] : ['--city', values.city]),
  ...['--speed', '1', '--drivers', values.drivers, '--requests-per-hour', values['requests-per-hour']],
  ...['--port', String(port), '--broker-port', String(port + 4), '--data-dir', dataDir],
];
const launcher = fork(path.join(root, 'apps/launcher/dist/main.js'), args, {
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
try {
  await untilReady(port, launcher);
  const pids = servicePids(launcher.pid ?? 0);
  console.log(
    `${values.city ?? 'built-in city'}, ${values.drivers} drivers, ${values['requests-per-hour']} requests an hour`,
  );
  console.log(`load average at the start ${os.loadavg()[0]?.toFixed(1)}, ${SECONDS} s a row after ${WARM_UP_S} s\n`);
  for (const speed of SPEEDS) {
    await fetch(`http://127.0.0.1:${port + 3}/sim/speed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ speed }),
    });
    await sleep(WARM_UP_S * 1000);
    const {
      speed: reached = 0,
      eventsPerSecond = 0,
      requestsPerSecond = 0,
      dispatchLagMax = 0,
      ...cpu
    } = await measure(port, pids);
    const kept = reached >= 0.95 * speed && dispatchLagMax <= LAG_MAX;
    console.log(
      `asked ${String(speed).padStart(4)}x  reached ${reached.toFixed(1).padStart(6)}x  (${(reached / 60).toFixed(2)} of the 60x aim)  ` +
        `${Math.round(eventsPerSecond).toLocaleString('en')} events/s  ${requestsPerSecond.toFixed(0)} requests/s  ` +
        `dispatch at most ${Math.round(dispatchLagMax).toLocaleString('en')} records behind  ${kept ? 'sustained' : 'NOT sustained'}`,
    );
    console.log(
      `      cores used: ${Object.entries(cpu)
        .map(([name, used]) => `${name.replace(' CPU', '')} ${used.toFixed(2)}`)
        .join(', ')}`,
    );
  }
} finally {
  const ended = new Promise((resolve) => launcher.once('exit', resolve));
  launcher.kill('SIGTERM');
  await ended;
  rmSync(dataDir, { recursive: true, force: true });
}
