import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LaunchError } from './launch-error.js';
import { LogFile } from './log-file.js';
import { Service } from './service.js';

describe('Service', () => {
  let dir: string;
  const running: Service[] = [];

  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'ridestream-service-'));
  });
  afterEach(async () => {
    for (const service of running.splice(0)) await service.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function service(code: string, events: string[] = [], onRecovered: () => void = () => undefined): Service {
    const entry = path.join(dir, 'entry.mjs');
    writeFileSync(entry, code);
    const made = new Service({
      name: 'probe',
      entry,
      env: {},
      execArgv: [],
      log: new LogFile(path.join(dir, 'probe.log')),
      onOutput: () => undefined,
      onRestart: (reason) => events.push(reason),
      onRecovered,
      onGivenUp: (reason) => events.push(`given up: ${reason}`),
    });
    running.push(made);
    return made;
  }

  const READY = "process.send({ type: 'ready', port: 4242 });";
  const STAYS = "process.on('disconnect', () => process.exit(0)); setInterval(() => {}, 1000);";

  it('is ready when it says so, and its output goes to the log', async () => {
    const probe = service(`console.log('hello'); ${READY} ${STAYS}`);
    expect(await probe.start()).toBe(4242);
    await probe.stop();
    expect(readFileSync(path.join(dir, 'probe.log'), 'utf8')).toContain('hello');
  });

  it('shows what the service said when it cannot start', async () => {
    const probe = service("console.error('the database is on fire'); process.exit(3);");
    const starting = probe.start();
    await expect(starting).rejects.toThrow(LaunchError);
    await expect(starting).rejects.toThrow(/probe ended while starting \(code 3\)\.\nthe database is on fire/);
  });

  it('is started again after it was killed', async () => {
    const events: string[] = [];
    const recovered = Promise.withResolvers<undefined>();
    const probe = service(`${READY} ${STAYS}`, events, () => recovered.resolve(undefined));
    await probe.start();
    const firstPid = probe.pid!;
    process.kill(firstPid, 'SIGKILL');
    await recovered.promise;
    expect(events).toEqual(['was ended by SIGKILL']);
    expect(probe.pid).not.toBe(firstPid);
  });

  it('can be stopped while it starts, whether it becomes ready after that or not', async () => {
    // Told to stop, it first says that it is ready, as one does that was about to.
    const late = `process.on('SIGTERM', () => { ${READY} setImmediate(() => process.exit(0)); }); console.log('up'); ${STAYS}`;
    const probe = service(late);
    const starting = probe.start().catch(() => undefined);
    const log = path.join(dir, 'probe.log');
    for (const deadline = Date.now() + 20_000; !existsSync(log) && Date.now() < deadline;) await sleep(10);
    await probe.stop();
    await starting;
  });

  it('is not started again when it was asked to stop', async () => {
    const events: string[] = [];
    const probe = service(`${READY} ${STAYS}`, events);
    await probe.start();
    await probe.stop();
    expect(events).toEqual([]);
  });
});
