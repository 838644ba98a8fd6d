import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Broker, type BrokerHealth } from '../broker/broker.js';
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
import { DirectClient } from './direct-client.js';
import { FaultNetwork } from './fault-network.js';
import { FaultStorage } from './fault-storage.js';
import { Faults } from './faults.js';
import { GroupControl, type TestGroup } from './group-control.js';
import { Inspector, type SeedRecord, type TestTopicInfo, type WaitCondition } from './inspector.js';
import { intercept } from './interceptor.js';
import { RequestFaults } from './request-faults.js';
import { RequestLog } from './request-log.js';
import { locateBatch } from './stored-batch.js';
import { ManualTestClock, RealTestClock, type TestClock } from './test-clock.js';
import type { ReadOptions, TestRecord } from './test-records.js';
import { fenceProducer } from './producer-control.js';

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
  /**
   * Default `real`. `manual`: the broker's time stands still until {@link TestClock.advance}; sessions, rebalances, transactions,
   * retention and quotas follow it. Connections, long polls and delays of faults stay in real time.
   */
  readonly clock?: 'real' | 'manual';
  /** Broker settings by Kafka's names, such as `auto.create.topics.enable`. */
  readonly config?: SettingValues;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default: silent. */
  readonly logger?: Logger;
  /** How many requests {@link TestBroker.requests} remembers. Default 1,000; 0 takes no notes, for benchmarks. */
  readonly requestsMax?: number;
}

/** A real broker on a free port of the loopback, for one test or one suite. Suites that run side by side never meet. */
export interface TestBroker extends AsyncDisposable {
  /** For any Kafka client: `127.0.0.1:<port>`. */
  readonly bootstrapServers: string;
  readonly port: number;
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  readonly clock: TestClock;
  /** What clients asked. */
  readonly requests: RequestLog;
  /** What the broker counted, as numbers. */
  metrics(): BrokerMetricsSnapshot;
  /** All metrics in the Prometheus text format, as `streaming-core serve --metrics-port` shows them. */
  prometheus(): string;
  /** Whether clients are served, and what is not well though they are; not ready after {@link kill}. */
  health(): BrokerHealth;
  /** All topics but the broker's own. */
  topics(): readonly TestTopicInfo[];
  /** Every record of a topic or of one of its partitions now, partition by partition. */
  records(topic: string, options?: ReadOptions & { readonly partition?: number }): Promise<readonly TestRecord[]>;
  /** Writes records, acknowledged by all; resolves to where each lies. */
  produce(
    topic: string,
    records: readonly (SeedRecord | string)[],
  ): Promise<readonly { readonly partition: number; readonly offset: number }[]>;
  /** Committed offsets of a group: `{ orders: { 0: 12, 2: 7 } }`. */
  committed(group: string): Promise<Record<string, Record<number, number>>>;
  /** A group's state and members. */
  group(group: string): Promise<TestGroup>;
  /** Resolves when it is so. Rejects after `timeoutMs` of real time, default 10 s, with what there was instead. */
  waitFor(condition: WaitCondition, options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Ends gracefully and removes what it kept. */
  stop(): Promise<void>;
  /** Ends abruptly, as by SIGKILL and (in memory) a power loss: connections break off, unsynced bytes are gone. */
  kill(): void;
  /** The same broker again on the same storage and port; kills it first if it still runs. */
  restart(): Promise<void>;
}

/** Starts a broker inside this process. Ready in some ten milliseconds. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = new RunningTestBroker(options);
  await broker.start();
  return broker;
}

const REQUESTS_MAX = 1_000;

/** A process of its own for every start on memory: after a power loss nobody is left who could hold the directory. */
class MemoryProcess implements HostProcess {
  static #started = 0;
  readonly pid = (MemoryProcess.#started += 1);

  identityOf(pid: number): string | null {
    return pid === this.pid ? 'running' : null;
  }
}

class RunningTestBroker implements TestBroker {
  readonly faults: Faults;
  readonly clock: ManualTestClock | RealTestClock;
  readonly requests: RequestLog;
  readonly #options: TestBrokerOptions;
  readonly #memory: MemoryStorage | null;
  readonly #storage: FaultStorage;
  readonly #network = new FaultNetwork(new NodeNetwork());
  readonly #realClock = new NodeClock();
  readonly #requestFaults: RequestFaults;
  readonly #client = new DirectClient();
  readonly #inspector: Inspector;
  #directory = '/data';
  #broker: Broker | null = null;
  #port: number;

  constructor(options: TestBrokerOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#memory = options.storage === 'disk' ? null : new MemoryStorage();
    this.#storage = new FaultStorage(this.#memory ?? new NodeStorage());
    this.clock =
      options.clock === 'manual'
        ? new ManualTestClock(() => this.#broker?.maintain() ?? Promise.resolve())
        : new RealTestClock(this.#realClock);
    const topicNames = (id: string): string | null => this.#topics().find((topic) => topic.id === id)?.name ?? null;
    const groups = new GroupControl(this.#client);
    this.#requestFaults = new RequestFaults(topicNames);
    this.requests = new RequestLog(options.requestsMax ?? REQUESTS_MAX, topicNames);
    this.#inspector = new Inspector(
      { topics: () => this.#topics(), nowMs: () => this.clock.nowMs() },
      this.#client,
      groups,
    );
    this.faults = new Faults({
      requests: this.#requestFaults,
      storage: this.#storage,
      network: this.#network,
      groups,
      locate: (topic, partition, offset) =>
        locateBatch(this.#storage, path.join(this.#directory, `${topic}-${partition}`), BigInt(offset)),
      fence: (transactionalId) => fenceProducer(this.#client, transactionalId),
    });
  }

  get port(): number {
    return this.#port;
  }

  get bootstrapServers(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    if (!this.#memory) this.#directory = await mkdtemp(path.join(os.tmpdir(), 'streaming-core-test-broker-'));
    try {
      await this.#run();
      for (const [name, topic] of Object.entries(this.#options.topics ?? {})) {
        const { partitions, config = {} } = typeof topic === 'number' ? { partitions: topic } : topic;
        this.#running().createTopic({ name, partitions, configs: config });
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  metrics(): BrokerMetricsSnapshot {
    return this.#running().metrics.snapshot();
  }

  prometheus(): string {
    return this.#running().prometheus();
  }

  health(): BrokerHealth {
    return this.#running().health();
  }

  topics(): readonly TestTopicInfo[] {
    return this.#inspector.topics();
  }

  records(topic: string, options?: ReadOptions & { readonly partition?: number }): Promise<readonly TestRecord[]> {
    return this.#inspector.records(topic, options);
  }

  produce(topic: string, records: readonly (SeedRecord | string)[]) {
    return this.#inspector.produce(topic, records);
  }

  committed(group: string): Promise<Record<string, Record<number, number>>> {
    return this.#inspector.committed(group);
  }

  group(group: string): Promise<TestGroup> {
    return this.#inspector.group(group);
  }

  waitFor(condition: WaitCondition, options?: { readonly timeoutMs?: number }): Promise<void> {
    return this.#inspector.waitFor(condition, options);
  }

  async stop(): Promise<void> {
    // Nobody waits for what a fault holds.
    this.faults.clear();
    try {
      await this.#broker?.stop();
    } finally {
      this.#client.disconnect();
      if (!this.#memory && this.#directory !== '/data') await rm(this.#directory, { recursive: true, force: true });
    }
  }

  kill(): void {
    this.#broker?.kill();
    this.#client.disconnect();
    this.#memory?.crash();
  }

  async restart(): Promise<void> {
    this.kill();
    await this.#run();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(): Promise<void> {
    const { config = {}, logger } = this.#options;
    this.#broker = await Broker.start({
      dataDirectory: this.#directory,
      port: this.#port,
      settings: config,
      ports: {
        clock: this.clock.clock,
        networkClock: this.#realClock,
        random: new NodeRandom(),
        storage: this.#storage,
        network: this.#network,
        process: this.#memory ? new MemoryProcess() : new NodeProcess(),
      },
      interceptRequests: (table) => {
        this.#client.connect(table);
        return intercept(table, this.#requestFaults, this.requests);
      },
      ...(logger ? { logger } : {}),
    });
    this.#port = this.#broker.port;
  }

  #running(): Broker {
    if (!this.#broker) throw new Error('the broker is not running');
    return this.#broker;
  }

  #topics() {
    return this.#broker?.topics() ?? [];
  }
}
