/** A broker with listeners, users and rules of a test's choice, in memory. For tests. */
import { Broker } from '../src/broker/broker.ts';
import type { Logger } from '../src/broker/logger.ts';
import type { Clock } from '../src/ports/clock.ts';
import { MemoryStorage } from '../src/ports/memory/memory-storage.ts';
import { NodeClock } from '../src/ports/node/node-clock.ts';
import { NodeNetwork } from '../src/ports/node/node-network.ts';
import { NodeProcess } from '../src/ports/node/node-process.ts';
import { NodeRandom } from '../src/ports/node/node-random.ts';

export interface SecureBrokerOptions {
  /** Broker settings; port 0 in `listeners` is a free one. */
  readonly config: Readonly<Record<string, string>>;
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>;
  readonly storage?: MemoryStorage;
  readonly logger?: Logger;
  /** For sessions and time limits of connections. */
  readonly networkClock?: Clock;
}

export interface SecureBroker extends AsyncDisposable {
  readonly broker: Broker;
  port(listener: string): number;
  bootstrapServers(listener: string): string;
  stop(): Promise<void>;
}

export async function startSecureBroker(options: SecureBrokerOptions): Promise<SecureBroker> {
  const broker = await Broker.start({
    dataDirectory: '/data',
    settings: options.config,
    ports: {
      clock: new NodeClock(),
      random: new NodeRandom(),
      storage: options.storage ?? new MemoryStorage(),
      network: new NodeNetwork(),
      process: new NodeProcess(),
      ...(options.networkClock ? { networkClock: options.networkClock } : {}),
    },
    ...(options.logger ? { logger: options.logger } : {}),
  });
  for (const [user, password] of Object.entries(options.users ?? {})) broker.setPassword(user, password);
  const port = (name: string): number => {
    const listener = broker.listeners.find((each) => each.name === name);
    if (!listener) throw new Error(`no listener ${name}`);
    return listener.port;
  };
  const stop = (): Promise<void> => broker.stop();
  return {
    broker,
    port,
    bootstrapServers: (name) => `127.0.0.1:${port(name)}`,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
