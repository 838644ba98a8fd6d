import { createServer } from 'node:net';
import { LaunchError } from './launch-error.js';

export interface WantedPort {
  readonly port: number;
  /** `the dashboard` */
  readonly what: string;
  /** What to do about it when it is taken. */
  readonly advice: string;
}

/** Fails with one sentence for each port that is not free. */
export async function requireFreePorts(host: string, wanted: readonly WantedPort[]): Promise<void> {
  const taken = (await Promise.all(wanted.map(async (port) => ((await isFree(host, port.port)) ? [] : [port])))).flat();
  if (taken.length === 0) return;
  throw new LaunchError(
    taken
      .map(({ port, what, advice }) => `Port ${port}, for ${what}, is taken by another program. ${advice}`)
      .join('\n'),
  );
}

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
