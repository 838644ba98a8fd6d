import { createStreamClient } from '../client/stream-client.js';
import type { StreamClient } from '../client/types.js';
import type { BootstrapOptions } from './admin-session.js';
import { commandSecurity } from './security.js';

/** Whoever sits before a terminal has waited long enough; a broker that starts anew is back by then. */
const WAIT_MS = 10_000;

/** Runs work with a client and closes it in any case. */
export async function withClient<T>(
  { bootstrapServer }: BootstrapOptions,
  work: (client: StreamClient) => Promise<T>,
): Promise<T> {
  const client = createStreamClient({
    brokers: bootstrapServer,
    clientId: 'streaming-core-cli',
    ...commandSecurity(),
    deliveryTimeoutMs: WAIT_MS,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
