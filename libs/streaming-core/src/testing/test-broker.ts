import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Broker } from '../broker/broker.js';
import type { Logger } from '../broker/logger.js';
import type { BrokerMetricsSnapshot } from '../broker/metrics.js';
import type { SettingValues } from '../broker/settings.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { NodeClock } from '../ports/node/node-clock.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { NodeStorage } from '../ports/node/node-storage.js';
import type { HostProcess } from '../ports/process.js';

export interface TestTopic {
  readonly partitions: number;
  /** Topic configs by Kafka's names, such as `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string>>;
}

export interface TestBrokerOptions {
  /** Created before the broker is handed out: a number of partitions, or more. Others are created when first asked for. */
  readonly topics?: Readonly<Record<string, number | TestTopic>>;
  /** Default `memory`, which keeps the semantics of a disk: what was not synced is lost by {@link TestBroker.kill}. */
  readonly storage?: 'memory' | 'disk';
  /** Broker settings by Kafka's names, such as `auto.create.topics.enable`. */
  readonly config?: SettingValues;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** A real broker on a free port of the loopback, for one test or one suite. Suites that run side by side never meet. */
export interface TestBroker extends AsyncDisposable {
  /** For any Kafka client: `127.0.0.1:<port>`. */
  readonly bootstrapServers: string;
  readonly port: number;
  metrics(): BrokerMetricsSnapshot;
  /** Ends gracefully and removes what it kept. */
  stop(): Promise<void>;
  /** Ends abruptly, as by SIGKILL and (in memory) a power loss: connections break off, unsynced bytes are gone. */
  kill(): void;
  /** The same broker again on the same storage and port; kills it first if it still runs. */
  restart(): Promise<void>;
}

/** A process of its own for every start on memory: after a power loss nobody is left who could hold the directory. */
class MemoryProcess implements HostProcess {
  static #started = 0;
  readonly pid = (MemoryProcess.#started += 1);

  identityOf(pid: number): string | null {
    return pid === this.pid ? 'running' : null;
  }
}

/** Starts a broker inside this process. Ready in some ten milliseconds. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const isDisk = options.storage === 'disk';
  const directory = isDisk ? await mkdtemp(path.join(os.tmpdir(), 'streaming-core-test-broker-')) : '/data';
  const memory = isDisk ? null : new MemoryStorage();
  const storage = memory ?? new NodeStorage();
  const start = (port: number): Promise<Broker> =>
    Broker.start({
      dataDirectory: directory,
      port,
      settings: options.config ?? {},
      ports: {
        clock: new NodeClock(),
        random: new NodeRandom(),
        storage,
        network: new NodeNetwork(),
        process: isDisk ? new NodeProcess() : new MemoryProcess(),
      },
      ...(options.logger ? { logger: options.logger } : {}),
    });

  const clean = async (): Promise<void> => {
    if (isDisk) await rm(directory, { recursive: true, force: true });
  };
  let broker = await start(options.port ?? 0).catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  const { port } = broker;
  const stop = async (): Promise<void> => {
    await broker.stop();
    await clean();
  };
  try {
    createTopics(broker, options.topics ?? {});
  } catch (error) {
    await stop();
    throw error;
  }
  const kill = (): void => {
    broker.kill();
    memory?.crash();
  };
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    port,
    metrics: () => broker.metrics.snapshot(),
    stop,
    kill,
    restart: async () => {
      kill();
      broker = await start(port);
    },
    [Symbol.asyncDispose]: stop,
  };
}

function createTopics(broker: Broker, topics: Readonly<Record<string, number | TestTopic>>): void {
  for (const [name, topic] of Object.entries(topics)) {
    const { partitions, config = {} } = typeof topic === 'number' ? { partitions: topic } : topic;
    broker.createTopic({ name, partitions, configs: config });
  }
}
