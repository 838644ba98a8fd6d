import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { binariesIn, type PostgresBinaries } from './binaries.js';
import { PostgresError } from './postgres-error.js';

/** The user that PostgreSQL runs as, when that is not the one who starts it. */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where PostgreSQL keeps its data, and what it runs. */
export interface PostgresHome {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServiceUser | undefined;
}

/**
 * PostgreSQL refuses to run as root. For root it runs as an unprivileged user of the machine, who must be able to reach the
 * programs and the data: where the project lies under a directory that others cannot enter, both move to /var/lib/ridestream.
 */
export function postgresHome(wantedDataDir: string, installed: PostgresBinaries): PostgresHome {
  if (process.getuid?.() !== 0) return { dataDir: wantedDataDir, binaries: installed, user: undefined };
  const user = unprivilegedUser();
  const reachable = othersCanEnter(path.dirname(wantedDataDir));
  const dataDir = reachable ? wantedDataDir : path.join(sharedBase(), `data-${shortHash(wantedDataDir)}`);
  const binaries = othersCanEnter(installed.root) ? installed : copyOf(installed);
  return { dataDir, binaries, user };
}

/** Gives a directory to the service user, to nobody else. */
export function makePrivateDirectory(dir: string, user: ServiceUser | undefined): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (user) chownSync(dir, user.uid, user.gid);
  } catch (error) {
    throw new PostgresError('NOT_WRITABLE', `PostgreSQL cannot keep its data in ${dir}: ${describe(error)}`, {
      cause: error,
    });
  }
}

/** Whether every directory from the root down to `dir` lets other users pass. What does not exist yet will. */
export function othersCanEnter(dir: string): boolean {
  for (let at = path.resolve(dir); ; at = path.dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

function unprivilegedUser(): ServiceUser {
  const accounts = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : [];
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) !== 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new PostgresError(
    'NO_UNPRIVILEGED_USER',
    'PostgreSQL refuses to run as root, and this machine has no user "postgres" or "nobody" to run it as. ' +
      'Start Ridestream as an ordinary user, or set DATABASE_URL.',
  );
}

/** A place for root's services that others can enter. */
function sharedBase(): string {
  for (const parent of ['/var/lib', tmpdir()]) {
    try {
      const base = path.join(parent, 'ridestream');
      if (!othersCanEnter(parent)) continue;
      mkdirSync(base, { recursive: true, mode: 0o755 });
      return base;
    } catch {
      // Not writable: the next one.
    }
  }
  throw new PostgresError('NOT_WRITABLE', 'Neither /var/lib nor the temporary directory can be written to.');
}

/** A copy of the programs that others can reach: made once for each version, complete or not at all. */
function copyOf(installed: PostgresBinaries): PostgresBinaries {
  const version = shortHash(
    `${installed.root} ${statSync(installed.postgres).mtimeMs} ${statSync(installed.postgres).size}`,
  );
  const target = path.join(sharedBase(), `postgresql-${version}`);
  if (!existsSync(target)) {
    const partial = `${target}.${process.pid}.partial`;
    cpSync(installed.root, partial, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(partial, target);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  return binariesIn(target);
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
