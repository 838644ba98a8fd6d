import { readCityIdentity } from '@ridestream/ride-domain/city/city-identity';
import { defaultCityDir } from '@ridestream/ride-domain/city/load-city-pack';
import { City } from './city.js';
import { type DataDirectory, openDataDirectory } from './data-directory.js';
import { readOptions } from './options.js';
import { Terminal } from './terminal.js';

const PARENT_CHECK_MS = 1_000;

const options = readOptions(process.argv.slice(2), process.env, process.cwd());
const terminal = new Terminal();
let city: City | undefined;
let data: DataDirectory | undefined;
let stopping: boolean = false;

/** Ends the city and then this process. A second Ctrl-C does not wait. */
async function shutDown(reason: string, exitCode: number): Promise<void> {
  if (stopping) {
    if (reason === 'SIGINT') process.exit(130);
    return;
  }
  stopping = true;
  try {
    if (city) {
      terminal.step(`stopping (${reason})`);
      await city.stop();
      terminal.step('stopped');
    } else {
      data?.release();
    }
    process.exit(exitCode);
  } catch (error) {
    terminal.error(messageOf(error));
    process.exit(1);
  }
}

/** When npm is killed, nobody tells the program that it started; it then has another parent. */
function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void shutDown('npm ended', 0);
  }, PARENT_CHECK_MS).unref();
}

async function main(): Promise<void> {
  const cityDir = options.city ?? defaultCityDir();
  const identity = await readCityIdentity(cityDir);
  terminal.step(`the city is ${identity.name}`);
  data = await openDataDirectory(options.dataDir, identity.id, options.fresh);
  city = new City(options, cityDir, data, terminal, (reason) => {
    terminal.error(reason);
    void shutDown('a part of the city could not be kept alive', 1);
  });
  const { url, details } = await city.start();
  terminal.ready(url, details);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = ['LaunchError', 'CityPackError', 'PostgresError'].includes(error.name);
  return known || process.env.LOG_LEVEL !== 'debug' ? error.message : (error.stack ?? error.message);
}

process.on('SIGINT', () => void shutDown('SIGINT', 0));
process.on('SIGTERM', () => void shutDown('SIGTERM', 0));
process.on('SIGHUP', () => void shutDown('SIGHUP', 0));
stopWithNpm();
await main().catch(async (error: unknown) => {
  // Stopping while it starts makes the rest of the start fail: that is no news.
  if (stopping) return;
  terminal.error(messageOf(error));
  await shutDown('it could not start', 1);
});
