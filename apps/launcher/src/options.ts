import { Command, InvalidArgumentError, Option } from 'commander';
import path from 'node:path';

/** What `npm start -- …` was asked for. */
export interface LaunchOptions {
  /** Directory of the city pack; undefined is the city that ships with the product. */
  readonly city: string | undefined;
  readonly speed: number | undefined;
  readonly drivers: number | undefined;
  readonly requestsPerHour: number | undefined;
  readonly seed: number | undefined;
  readonly fresh: boolean;
  /** Port of the dashboard; the other services take the ones after it. */
  readonly port: number;
  readonly brokerPort: number;
  readonly host: string;
  readonly dataDir: string;
  readonly verbose: boolean;
  /** An Apache Kafka cluster to run on in place of the embedded broker. */
  readonly kafkaBrokers: string | undefined;
  /** A PostgreSQL to use in place of the embedded one. */
  readonly databaseUrl: string | undefined;
}

function numberBetween(min: number, max: number, whole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (
      text.trim() === '' ||
      !Number.isFinite(value) ||
      value < min ||
      value > max ||
      (whole && !Number.isInteger(value))
    ) {
      throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Reads the command line. Prints help or what is wrong, and ends the process, as commander does. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): LaunchOptions {
  const program = new Command('npm start --')
    .description(
      'Starts a city: a broker, a database, riders, drivers, dispatch, analytics, notifications and a live map.',
    )
    .addOption(new Option('--city <directory>', 'city pack to run; the built-in city if not given').env('CITY_PACK'))
    .addOption(
      new Option('--speed <n>', 'city seconds in a second; 5 if not given').argParser(numberBetween(0.1, 600, false)),
    )
    .addOption(new Option('--drivers <n>', 'drivers on duty').argParser(numberBetween(0, 50_000, true)))
    .addOption(
      new Option('--requests-per-hour <n>', 'ride requests in an average city hour').argParser(
        numberBetween(0, 200_000, false),
      ),
    )
    .addOption(new Option('--seed <n>', 'same seed, same city').argParser(numberBetween(0, 2 ** 32 - 1, true)))
    .option('--fresh', 'begin anew: removes the data of earlier runs of this city', false)
    .addOption(
      new Option('--port <n>', 'port of the dashboard').default(3000).argParser(numberBetween(1, 65_532, true)),
    )
    .addOption(
      new Option('--broker-port <n>', 'port of the broker').default(9092).argParser(numberBetween(1, 65_535, true)),
    )
    .option('--host <address>', 'address that the dashboard and the services listen on', '127.0.0.1')
    .option('--data-dir <directory>', 'where data and logs are kept', '.ridestream')
    .option('--verbose', 'show what the services log', false)
    .addHelpText(
      'after',
      `
Environment:
  KAFKA_BROKERS=host:port,...  run on this Apache Kafka cluster; no broker is started
  DATABASE_URL=postgres://...  use this PostgreSQL; none is started

Examples:
  npm start
  npm start -- --speed 20 --drivers 300
  npm start -- --city ./my-city --fresh`,
    );
  program.parse([...argv], { from: 'user' });
  const given = program.opts<{
    city?: string;
    speed?: number;
    drivers?: number;
    requestsPerHour?: number;
    seed?: number;
    fresh: boolean;
    port: number;
    brokerPort: number;
    host: string;
    dataDir: string;
    verbose: boolean;
  }>();
  return {
    city: given.city === undefined ? undefined : path.resolve(cwd, given.city),
    speed: given.speed,
    drivers: given.drivers,
    requestsPerHour: given.requestsPerHour,
    seed: given.seed,
    fresh: given.fresh,
    port: given.port,
    brokerPort: given.brokerPort,
    host: given.host,
    dataDir: path.resolve(cwd, given.dataDir),
    verbose: given.verbose,
    kafkaBrokers: env.KAFKA_BROKERS?.trim() === '' ? undefined : env.KAFKA_BROKERS,
    databaseUrl: env.DATABASE_URL?.trim() === '' ? undefined : env.DATABASE_URL,
  };
}
