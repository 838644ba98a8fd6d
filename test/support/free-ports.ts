import { createServer, type Server } from 'node:net';

const TRIES = 50;

/** The first of so many free ports in a row, and one more free port elsewhere. */
export async function freePorts(inARow: number): Promise<[first: number, other: number]> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const other = await listen(0);
    const first = await listen(0);
    const row = [first];
    for (let i = 1; i < inARow && row.at(-1) !== undefined; i++) row.push(await listen(portOf(first) + i));
    const isWhole = row.every((server) => server !== undefined);
    const found: [number, number] = [portOf(first), portOf(other)];
    await Promise.all([other, ...row].map(close));
    if (isWhole) return found;
  }
  throw new Error(`no ${inARow} free ports in a row`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const close = (server: Server | undefined): Promise<void> =>
  new Promise((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
