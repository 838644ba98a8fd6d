import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@ridestream/platform/postgres/embedded-postgres';
import type { DataDirectory } from './data-directory.js';
import { LaunchError } from './launch-error.js';
import { LogFile } from './log-file.js';
import type { LaunchOptions } from './options.js';
import { type PortPatience, requireFreePorts, type WantedPort } from './ports.js';
import { Service } from './service.js';
import type { Terminal } from './terminal.js';

const packages = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const entryOf = (app: string): string => path.join(packages, 'apps', app, 'dist/main.js');
const BROKER_ENTRY = path.join(packages, 'libs/streaming-core/bin/streaming-core.js');

/** Services of a launcher that is gone stop within ten seconds, or are ended by their own timer. */
const LEFTOVERS_END_WITHIN_MS = 15_000;

/** The services in the order in which they start, and the port of each after the dashboard's. */
const APPS = [
  { name: 'dispatch', what: 'dispatch and its dashboard' },
  { name: 'analytics', what: 'analytics' },
  { name: 'notifications', what: 'notifications' },
  { name: 'rider-app-sim', what: 'the riders and drivers' },
] as const;

/** The whole platform on one machine: broker, database and four services, each a process of its own. */
export class City {
  private postgres: EmbeddedPostgres | undefined;
  private readonly services: Service[] = [];
  private stopped: Promise<void> | undefined;
  /** Settles when broker and database have started or failed: stopping has to wait for it, or one of them is orphaned. */
  private foundation: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: LaunchOptions,
    private readonly cityDir: string,
    private readonly data: DataDirectory,
    private readonly terminal: Terminal,
    private readonly onGivenUp: (reason: string) => void,
  ) {}

  async start(): Promise<{ readonly url: string; readonly details: readonly (readonly [string, string])[] }> {
    const { host, port } = this.options;
    await requireFreePorts(host, this.wantedPorts(), this.portPatience());
    const foundation = [this.startBroker(), this.startDatabase()] as const;
    this.foundation = Promise.allSettled(foundation);
    await this.foundation;
    const [brokers, databaseUrl] = await Promise.all(foundation);
    if (this.stopped) throw new LaunchError('Stopped while it was starting.');
    const env = this.sharedEnv(brokers, databaseUrl);
    await Promise.all(APPS.map((app, index) => this.startApp(app.name, port + index, env)));
    const shownHost = host === '0.0.0.0' ? '127.0.0.1' : host;
    const at = (index: number) => `http://${shownHost}:${port + index}`;
    return {
      url: at(0),
      details: [
        ['broker', `${brokers}   (any Kafka client; for instance kcat -b ${brokers} -t RideRequests -C)`],
        ['API', `${at(0)}/api/docs`],
        ['analytics', `${at(1)}/api/docs`],
        ['notifications', `${at(2)}/api/docs`],
        ['simulator', `${at(3)}/api/docs`],
        ['database', databaseUrl.replace(/(:\/\/[^:/@]*:)[^@]*@/, '$1***@')],
        ['data and logs', this.data.path],
      ],
    };
  }

  /** Stops producers first, the broker after all of its clients, the database last. Safe to call again. */
  stop(): Promise<void> {
    this.stopped ??= this.stopInOrder();
    return this.stopped;
  }

  private async stopInOrder(): Promise<void> {
    await this.foundation;
    const byName = (name: string) => this.services.filter((service) => service.name === name);
    await Promise.all(byName('rider-app-sim').map((service) => service.stop()));
    await Promise.all(this.services.filter((service) => service.name !== 'broker').map((service) => service.stop()));
    await Promise.all(byName('broker').map((service) => service.stop()));
    await this.postgres?.stop();
    this.data.release();
  }

  private wantedPorts(): WantedPort[] {
    const { port, brokerPort, kafkaBrokers } = this.options;
    const wanted: WantedPort[] = APPS.map(({ what }, index) => ({
      port: port + index,
      what,
      advice: `Stop that one, or use --port N (Ridestream takes N to N+${APPS.length - 1}).`,
    }));
    if (kafkaBrokers === undefined) {
      wanted.push({
        port: brokerPort,
        what: 'the broker',
        advice: `Use --broker-port N; or, if it is a Kafka broker that you want to use, KAFKA_BROKERS=127.0.0.1:${brokerPort}.`,
      });
    }
    return wanted;
  }

  /** What a killed launcher had started ends by itself within seconds: its ports are not another program's. */
  private portPatience(): PortPatience | undefined {
    if (!this.data.wasKilled) return undefined;
    const onWait = () => this.terminal.step('the last run was killed; waiting for what it had started to end');
    return { waitMs: LEFTOVERS_END_WITHIN_MS, onWait };
  }

  private async startBroker(): Promise<string> {
    const { kafkaBrokers, brokerPort } = this.options;
    if (kafkaBrokers !== undefined) {
      this.terminal.step(`using the Kafka cluster at ${kafkaBrokers}`);
      return kafkaBrokers;
    }
    const broker = this.service('broker', BROKER_ENTRY, {}, [
      'serve',
      ...['--host', '127.0.0.1', '--port', String(brokerPort)],
      ...['--data-dir', this.data.broker],
    ]);
    const port = await broker.start();
    this.terminal.step(`broker ready on 127.0.0.1:${port}`);
    return `127.0.0.1:${port}`;
  }

  private async startDatabase(): Promise<string> {
    if (this.options.databaseUrl !== undefined) {
      this.terminal.step('using the database of DATABASE_URL');
      return this.options.databaseUrl;
    }
    const log = new LogFile(path.join(this.data.logs, 'postgres.log'));
    const postgres = await startEmbeddedPostgres({
      dataDir: this.data.postgres,
      onLog: (line) => log.write(`${line}\n`),
    });
    this.postgres = postgres;
    void postgres.ended.then(() => {
      if (this.stopped === undefined) this.onGivenUp(`PostgreSQL ended by itself. Its log: ${log.path}`);
    });
    this.terminal.step(`database ready on 127.0.0.1:${postgres.port}`);
    return postgres.url;
  }

  private async startApp(name: string, port: number, env: Readonly<Record<string, string>>): Promise<void> {
    await this.service(name, entryOf(name), { ...env, PORT: String(port) }).start();
    this.terminal.step(`${name} ready`);
  }

  private sharedEnv(brokers: string, databaseUrl: string): Record<string, string> {
    const { host, speed, drivers, requestsPerHour, seed } = this.options;
    const optional = { SPEED: speed, DRIVERS: drivers, REQUESTS_PER_HOUR: requestsPerHour, SEED: seed };
    return {
      KAFKA_BROKERS: brokers,
      DATABASE_URL: databaseUrl,
      HOST: host,
      CITY_PACK: this.cityDir,
      LOG_FORMAT: process.env.LOG_FORMAT ?? 'pretty',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
      ...Object.fromEntries(
        Object.entries(optional).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
      ),
    };
  }

  private service(
    name: string,
    entry: string,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Service {
    const service: Service = new Service({
      name,
      entry,
      args,
      env,
      log: new LogFile(path.join(this.data.logs, `${name}.log`)),
      onOutput: (text) => {
        if (this.options.verbose) this.terminal.raw(text);
      },
      onRestart: (reason, delayMs) =>
        this.terminal.notice(`${name} ${reason}; starting it again in ${delayMs / 1000} s`),
      onRecovered: () => this.terminal.notice(`${name} is back`),
      onGivenUp: this.onGivenUp,
    });
    this.services.push(service);
    return service;
  }
}
