import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LaunchError } from './launch-error.js';

export interface WantedPort {
  readonly port: number;
  /** `the dashboard` */
  readonly what: string;
  /** What to do about it when it is taken. */
  readonly advice: string;
}

export interface PortPatience {
  /** How long taken ports may take to become free. */
  readonly waitMs: number;
  /** Told once, when there is something to wait for. */
  readonly onWait: () => void;
}

const LOOK_EVERY_MS = 200;

/** Fails with one sentence for each port that is not free, or does not become free within the patience that is given. */
export async function requireFreePorts(
  host: string,
  wanted: readonly WantedPort[],
  patience?: PortPatience,
): Promise<void> {
  let taken = await takenOf(host, wanted);
  if (taken.length > 0 && patience) {
    patience.onWait();
    for (const deadline = Date.now() + patience.waitMs; taken.length > 0 && Date.now() < deadline;) {
      await sleep(LOOK_EVERY_MS);
      taken = await takenOf(host, wanted);
    }
  }
  if (taken.length === 0) return;
  throw new LaunchError(
    taken
      .map(({ port, what, advice }) => `Port ${port}, for ${what}, is taken by another program. ${advice}`)
      .join('\n'),
  );
}

const takenOf = async (host: string, wanted: readonly WantedPort[]): Promise<WantedPort[]> =>
  (await Promise.all(wanted.map(async (port) => ((await isFree(host, port.port)) ? [] : [port])))).flat();

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES')
        reject(new LaunchError(`Port ${port} may be used by the system's administrator only.`));
      else if (error.code === 'EADDRNOTAVAIL')
        reject(new LaunchError(`This machine has no address ${host}: check --host.`));
      else reject(error);
    });
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
