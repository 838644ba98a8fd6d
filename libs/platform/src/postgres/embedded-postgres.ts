import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { installedBinaries } from './binaries.js';
import { PostgresError } from './postgres-error.js';
import { makePrivateDirectory, postgresHome, type PostgresHome } from './run-as.js';

export interface EmbeddedPostgresOptions {
  /** Directory for the data; it is made if it is missing. Root's may lie elsewhere: see run-as.ts. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly database?: string;
  /** False for tests: faster, and a power cut may lose everything. Default true. */
  readonly durable?: boolean;
  /** Gets each line that the server writes. */
  readonly onLog?: (line: string) => void;
}

export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where the data really is. */
  readonly dataDir: string;
  /** Resolves when the server has ended by itself, which it should not. */
  readonly ended: Promise<number | null>;
  /** Closes connections, writes a checkpoint, ends the server. */
  stop(): Promise<void>;
}

const USER = 'ridestream';
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** Starts a real PostgreSQL server on loopback, first making its data directory where there is none. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = postgresHome(path.resolve(options.dataDir), await installedBinaries());
  makePrivateDirectory(home.dataDir, home.user);
  if (!existsSync(path.join(home.dataDir, 'PG_VERSION'))) await initialise(home);
  await stopLeftover(home.dataDir);
  const port = options.port ?? (await freePort());
  const server = launch(home, port, options.durable ?? true, options.onLog);
  const admin = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  try {
    await waitUntilReady(server, admin);
    await createDatabase(admin, options.database ?? USER);
  } catch (error) {
    await end(server.process);
    throw error;
  }
  return {
    url: `postgres://${USER}@127.0.0.1:${port}/${options.database ?? USER}`,
    port,
    pid: server.process.pid ?? 0,
    dataDir: home.dataDir,
    ended: server.exit,
    stop: () => end(server.process),
  };
}

/** Removes the data of a server that is not running. */
export async function removePostgresData(dataDir: string): Promise<void> {
  const home = postgresHome(path.resolve(dataDir), await installedBinaries());
  await stopLeftover(home.dataDir);
  rmSync(home.dataDir, { recursive: true, force: true });
}

async function initialise(home: PostgresHome): Promise<void> {
  const args = ['-D', home.dataDir, '-U', USER, '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'];
  const child = spawn(home.binaries.initdb, args, {
    cwd: home.dataDir,
    ...home.user,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).catch((error: unknown) => {
    throw new PostgresError('INIT_FAILED', `PostgreSQL's initdb could not be run: ${String(error)}`, { cause: error });
  });
  if (code !== 0)
    throw new PostgresError('INIT_FAILED', `PostgreSQL could not make its data directory:\n${output.trim()}`);
}

interface Server {
  readonly process: ChildProcess;
  readonly exit: Promise<number | null>;
  /** The last lines that it wrote. */
  readonly tail: string[];
}

function launch(
  home: PostgresHome,
  port: number,
  durable: boolean,
  onLog: ((line: string) => void) | undefined,
): Server {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    // A socket file would have to lie where both users can reach it; TCP is enough.
    unix_socket_directories: '',
    max_connections: 50,
    log_min_messages: 'warning',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const args = ['-D', home.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // A process group of its own: Ctrl-C in a terminal must reach the services first, and the database last.
  const child = spawn(home.binaries.postgres, args, {
    cwd: home.dataDir,
    detached: true,
    ...home.user,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tail: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      onLog?.(line);
    }
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', (error) => {
      tail.push(error.message);
      resolve(null);
    });
  });
  return { process: child, exit, tail };
}

async function waitUntilReady(server: Server, url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      if (hasEnded(server.process) || Date.now() > deadline) {
        const said = server.tail.join('\n');
        const incompatible = said.includes('incompatible with server');
        throw new PostgresError(
          incompatible ? 'WRONG_VERSION' : 'START_FAILED',
          incompatible
            ? 'The database was made by another version of PostgreSQL. Start with --fresh to begin anew, or set DATABASE_URL.'
            : `PostgreSQL did not start:\n${said}`,
          { cause: error },
        );
      }
      await sleep(20);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function createDatabase(adminUrl: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

/**
 * A server whose owner was killed lives on, and holds its data directory. It is asked to stop. A pid file without such a
 * process is left over from a crash: PostgreSQL itself recovers from that.
 */
async function stopLeftover(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isPostgresOn(pid, dataDir)) {
    rmSync(pidFile, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  // Asked by its command line, which an ended process has no more: where nobody collects orphans its number stays taken.
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; isPostgresOn(pid, dataDir);) {
    if (Date.now() > deadline) {
      throw new PostgresError(
        'IN_USE',
        `A PostgreSQL server (process ${pid}) still holds ${dataDir}. End it and try again.`,
      );
    }
    await sleep(50);
  }
}

/** Whether `pid` is a PostgreSQL on this directory, not some other program that was given the number since. */
function isPostgresOn(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return command[0]?.includes('postgres') === true && command.includes(dataDir);
  } catch {
    // No /proc on this system: the pid file's word has to do.
    return !existsSync('/proc/self/cmdline');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

/** SIGINT is PostgreSQL's fast shutdown; SIGQUIT ends it at once, and the next start recovers. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
