import type { RunningApp } from '@ridestream/platform/http/run-app';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@ridestream/platform/postgres/embedded-postgres';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { type CityPack, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { startTestBroker } from 'streaming-core/testing/test-broker';
import { CityLog } from './city-log.ts';
import { DriverPhone } from './driver-phone.ts';
import { type Env, ForkedProcess, type ServiceName, startService, whenReady } from './services.ts';
import { TestCityClock } from './test-city-clock.ts';
import { makeTinyCity } from './tiny-city.ts';
import { WillingDriver } from './willing-driver.ts';

export interface ScenarioOptions {
  /** Starts a PostgreSQL. Analytics and notifications need it. */
  readonly database?: boolean;
  /** An existing broker's address. Without it a broker is started in this process. */
  readonly brokers?: string;
  /** A city pack's directory. Default: the tiny city. */
  readonly cityDir?: string;
  /** Who moves the city's time: the test (default), or rider-app-sim. */
  readonly clock?: 'test' | 'sim';
}

/** Ends something that was started; may be asynchronous. */
type CleanUp = () => unknown;

/** City seconds in a second, unless a test says otherwise: at 10 dispatch matches ten times a second. */
const SPEED = 10;
/** Phones on duty say where they are this often. */
const REPORT_EVERY_MS = 400;

/**
 * A city for one test file: a broker, a database, services, phones. Whatever is started here is stopped by {@link stop}, the last
 * first, also when only some of it came to be.
 */
export class Scenario {
  readonly phones: DriverPhone[] = [];
  private database: EmbeddedPostgres | undefined;
  private rides = 0;

  private constructor(
    readonly brokers: string,
    readonly cityDir: string,
    readonly log: CityLog,
    readonly clock: TestCityClock,
    private readonly cleanUps: CleanUp[],
  ) {}

  static async start(options: ScenarioOptions = {}): Promise<Scenario> {
    const cleanUps: CleanUp[] = [];
    try {
      return await Scenario.build(options, cleanUps);
    } catch (error) {
      await undo(cleanUps);
      throw error;
    }
  }

  private static async build(options: ScenarioOptions, cleanUps: CleanUp[]): Promise<Scenario> {
    const { dir, pack } = await openCity(options.cityDir, cleanUps);
    const brokers = options.brokers ?? (await ownBroker(cleanUps));
    const client = createStreamClient({ brokers, clientId: 'phones' });
    cleanUps.push(() => client.close());
    const admin = client.admin();
    await ensurePlatformTopics(admin, pack.partitions.partitionCount);
    await admin.close();
    const log = new CityLog(client, await client.producer(), pack);
    await log.follow();
    const scenario = new Scenario(brokers, dir, log, new TestCityClock(log.producer), cleanUps);
    if (options.database === true) scenario.database = await startDatabase(cleanUps);
    if (options.clock !== 'sim') await scenario.clock.run(SPEED);
    scenario.letPhonesReport();
    return scenario;
  }

  get pack(): CityPack {
    return this.log.pack;
  }

  get databaseUrl(): string {
    if (this.database === undefined) throw new Error('this scenario has no database: ask for one');
    return this.database.url;
  }

  /** A service in this process, ready. */
  async service(name: ServiceName, env: Env = {}): Promise<RunningApp> {
    const app = await startService(name, { ...this.env(), ...env });
    // Nest may be asked to stop twice: a test that stopped it by hand is not in the way.
    this.cleanUps.push(() => app.stop());
    return app;
  }

  /** A service in a process of its own, ready. */
  async forked(name: ServiceName, env: Env = {}): Promise<ForkedProcess & { readonly url: string }> {
    const entry = `apps/${name}/dist/main.js`;
    const service = await ForkedProcess.start(name, entry, { env: { ...this.env(), ...env } });
    this.cleanUps.push(() => service.stop());
    const url = `http://127.0.0.1:${service.port}`;
    await whenReady(name, url);
    return Object.assign(service, { url });
  }

  /** A driver who does what the test says, online. */
  async driver(driverId: string, home: LatLon): Promise<DriverPhone> {
    const phone = new DriverPhone(driverId, home, { log: this.log, cityNow: () => this.clock.now() });
    this.phones.push(phone);
    await phone.comeOnline();
    return phone;
  }

  /** A driver who serves whatever comes, online. */
  async willingDriver(driverId: string, home: LatLon): Promise<WillingDriver> {
    const driver = new WillingDriver(await this.driver(driverId, home));
    this.log.whenRideEvent((event) => driver.hear(event));
    return driver;
  }

  /** All drivers of the scenario go off duty, so that the next test begins with an empty city. */
  async sendDriversHome(): Promise<void> {
    await Promise.all(this.phones.splice(0).map((phone) => phone.goOffline()));
  }

  /** A rider's phone writes a request to the log by itself. Resolves when the log has it. */
  async askOnLog(pickup: LatLon, dropoff: LatLon, rideId = `ride-${++this.rides}`): Promise<string> {
    await this.log.say('RideRequests', this.request(rideId, pickup, dropoff));
    return rideId;
  }

  request(rideId: string, pickup: LatLon, dropoff: LatLon): RideRequested {
    const { zones } = this.pack;
    return {
      type: 'ride.requested',
      v: 1,
      at: this.clock.now(),
      rideId,
      riderId: `rider-of-${rideId}`,
      zone: zones.nearestZone(pickup),
      pickup,
      dropoff,
      dropoffZone: zones.nearestZone(dropoff),
      vehicleClass: 'standard',
      quote: { fareCents: 1_200, surge: 1, distanceM: 900, durationS: 120 },
    };
  }

  /** Registers something that has to be ended with the scenario. */
  onStop(cleanUp: CleanUp): void {
    this.cleanUps.push(cleanUp);
  }

  async stop(): Promise<void> {
    await undo(this.cleanUps);
  }

  /** What every service needs to know. */
  env(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.brokers,
      CITY_PACK: this.cityDir,
      ZONE_PARTITIONS: String(this.pack.partitions.partitionCount),
      PORT: '0',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
      LOG_FORMAT: 'json',
      ...(this.database === undefined ? {} : { DATABASE_URL: this.database.url }),
    };
  }

  private letPhonesReport(): void {
    const timer = setInterval(() => {
      // A log that is away is no fault of the phone's: it reports again.
      for (const phone of this.phones) phone.report().catch(() => undefined);
    }, REPORT_EVERY_MS);
    this.cleanUps.push(() => {
      clearInterval(timer);
    });
  }
}

async function openCity(dir: string | undefined, cleanUps: CleanUp[]) {
  if (dir !== undefined) return { dir, pack: await loadCityPack(dir) };
  const city = await makeTinyCity();
  cleanUps.push(() => city.remove());
  return city;
}

async function ownBroker(cleanUps: CleanUp[]): Promise<string> {
  const broker = await startTestBroker();
  cleanUps.push(() => broker.stop());
  return broker.bootstrapServers;
}

async function startDatabase(cleanUps: CleanUp[]): Promise<EmbeddedPostgres> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'scenario-db-'));
  const database = await startEmbeddedPostgres({ dataDir: path.join(dir, 'postgres'), durable: false });
  cleanUps.push(async () => {
    await database.stop();
    await rm(dir, { recursive: true, force: true });
    await rm(database.dataDir, { recursive: true, force: true });
  });
  return database;
}

/** Ends everything, the last first, and reports the first failure only when all had their turn. */
async function undo(cleanUps: CleanUp[]): Promise<void> {
  const failures: unknown[] = [];
  for (let cleanUp = cleanUps.pop(); cleanUp !== undefined; cleanUp = cleanUps.pop()) {
    try {
      await cleanUp();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
