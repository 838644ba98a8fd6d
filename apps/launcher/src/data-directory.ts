import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { removePostgresData } from '@ridestream/platform/postgres/embedded-postgres';
import { LaunchError } from './launch-error.js';

/** Everything that one city keeps between runs. Cities do not share: each has a directory of its own. */
export interface DataDirectory {
  readonly path: string;
  readonly broker: string;
  readonly postgres: string;
  readonly logs: string;
  /** The run before was killed: what it had started may need a moment to notice, and to end. */
  readonly wasKilled: boolean;
  /** Lets the next run use the directory. */
  release(): void;
}

const LOCK = 'ridestream.pid';

/** Opens the city's directory, for this process alone. */
export async function openDataDirectory(base: string, cityId: string, fresh: boolean): Promise<DataDirectory> {
  const root = path.join(base, cityId);
  const postgres = path.join(root, 'postgres');
  makeWritable(root);
  const wasKilled = lock(root);
  try {
    if (fresh) {
      await removePostgresData(postgres);
      for (const name of ['broker', 'postgres', 'logs'])
        rmSync(path.join(root, name), { recursive: true, force: true });
    }
    mkdirSync(path.join(root, 'logs'), { recursive: true });
  } catch (error) {
    release(root);
    throw error;
  }
  return {
    path: root,
    broker: path.join(root, 'broker'),
    postgres,
    logs: path.join(root, 'logs'),
    wasKilled,
    release: () => release(root),
  };
}

function makeWritable(root: string): void {
  try {
    mkdirSync(root, { recursive: true });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LaunchError(
      `Ridestream keeps its data in ${root}, and may not write there (${reason}).\n` +
        'Give yourself write permission, or choose another place with --data-dir.',
    );
  }
}

/** Gives whether a killed run's lock was in the way. */
function lock(root: string): boolean {
  const file = path.join(root, LOCK);
  for (let wasKilled = false; ; wasKilled = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return wasKilled;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readOwner(file);
    if (owner !== undefined && isOurs(owner)) {
      throw new LaunchError(
        `This city already runs (process ${owner}). Stop it first, or start another with its own --data-dir and ports.`,
      );
    }
    // Left over from a crash.
    rmSync(file, { force: true });
  }
}

function release(root: string): void {
  const file = path.join(root, LOCK);
  if (readOwner(file) === process.pid) rmSync(file, { force: true });
}

function readOwner(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** Whether the process lives and is a Node program: after a reboot its number may belong to anything. */
function isOurs(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return /node/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return true;
  }
}
