import path from 'node:path';
import type { Clock, Timer } from '../ports/clock.js';
import type { Network } from '../ports/network.js';
import type { HostProcess } from '../ports/process.js';
import type { Random } from '../ports/random.js';
import type { Storage } from '../ports/storage.js';
import { LogDirectory, type LogDirectoryEvent } from '../replica/log-directory.js';
import type { FlushPolicy } from '../replica/partition.js';
import { BrokerConfig, BrokerConfigError, type BrokerOptions } from './config.js';
import { ConfigResources } from './configs/config-resources.js';
import { ConfigStore } from './configs/config-store.js';
import { Connections } from './connections.js';
import { FetchSessions } from './fetch/fetch-sessions.js';
import { FetchWaits } from './fetch-waits.js';
import { groupConfig } from './group-config.js';
import { GroupService } from './group-service.js';
import { GroupTopics } from './group-topics.js';
import { Listeners, type OpenListener } from './listeners.js';
import { SILENT, type Logger } from './logger.js';
import { BrokerMetrics } from './metrics.js';
import { writeGauges } from './observability/broker-gauges.js';
import { measuredTable } from './observability/measured-table.js';
import { PrometheusText } from './observability/prometheus-text.js';
import { TimedStorage } from './observability/timed-storage.js';
import { OffsetsTopic } from './offsets-topic.js';
import { ProducerIds } from './producer-ids.js';
import { ClientQuotas } from './quotas/client-quotas.js';
import { QuotaStore } from './quotas/quota-store.js';
import { throttledTable } from './quotas/throttled-table.js';
import { createRequestTable } from './request-table.js';
import type { RequestTable } from './request-context.js';
import { FileSecurityStore } from './security/security-store.js';
import { Security } from './security/security.js';
import type { BrokerServices, Node } from './services.js';
import { TopicCatalog, type NewTopic, type Topic } from './topic-catalog.js';
import { TopicStore } from './topic-store.js';
import { Transactions } from './transactions/transactions.js';
import type { DecodedRecord } from '../wire/records/record-codec.js';
import { WarningLimit } from './warning-limit.js';

export interface BrokerPorts {
  readonly clock: Clock;
  /** For what clients wait for on the wire: long polls, idle connections, the drain of a stop. Default: `clock`. */
  readonly networkClock?: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly network: Network;
  readonly process: HostProcess;
}

export interface BrokerStart extends BrokerOptions {
  readonly dataDirectory: string;
  readonly ports: BrokerPorts;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Passwords by user, set before clients are served: for the first administrator. */
  readonly passwords?: ReadonlyMap<string, string>;
  /** Stands between connections and handlers: gets the table that answers, gives the one that connections ask. For tests. */
  readonly interceptRequests?: (table: RequestTable) => RequestTable;
}

export interface BrokerHealth {
  readonly isReady: boolean;
  readonly partitions: number;
  /** Their logs could not be opened at the start. */
  readonly offlinePartitions: number;
  /** They refuse writes: their disk is full or failing. */
  readonly unwritablePartitions: number;
}

/** How long a stopping broker waits for the answers to requests under way. */
const DRAIN_MS = 5_000;

/** One broker: everything it has, put together; started by {@link Broker.start}. */
export class Broker {
  readonly config: BrokerConfig;
  readonly metrics = new BrokerMetrics();
  readonly #services: BrokerServices;
  readonly #directory: LogDirectory;
  readonly #connections: Connections;
  readonly #listeners: Listeners;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** For what strangers can cause. */
  readonly #clientLog: WarningLimit;
  #expiry: Timer | null = null;
  #isReady = false;
  #isStopped = false;

  /**
   * Opens the data directory, recovers what is there, and listens. Resolves when clients are served. A partition whose log cannot
   * be opened is offline, with a line in the log, and keeps nobody else from being served.
   * @throws {BrokerConfigError} for settings, DirectoryInUseError for a directory that another broker has, StorageError,
   * and the network's error when the port is taken
   */
  static async start(options: BrokerStart): Promise<Broker> {
    const broker = new Broker(options);
    try {
      await broker.#open(options.ports.network);
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  private constructor(options: BrokerStart) {
    const { ports, dataDirectory, logger = SILENT } = options;
    const { clock, random, networkClock = clock } = ports;
    this.config = new BrokerConfig(options);
    this.#clock = clock;
    this.#logger = logger;
    this.#clientLog = new WarningLimit(logger, networkClock);
    const { config, metrics } = this;
    const startedMs = clock.monotonicMs();
    const storage = new TimedStorage(ports.storage, clock, metrics.syncSeconds);
    this.#directory = new LogDirectory({
      ...ports,
      storage,
      directory: dataDirectory,
      nodeId: config.nodeId,
      flush: flushPolicy(config),
      producerExpirationMs: config.number('producer.id.expiration.ms'),
      maintenanceIntervalMs: config.number('log.retention.check.interval.ms'),
      onEvent: (event) => this.#onDirectoryEvent(event),
    });
    const topics = new TopicCatalog(config, new TopicStore(storage, dataDirectory), this.#directory, random);
    let configs: ConfigResources;
    let quotas: ClientQuotas;
    let security: Security;
    try {
      security = new Security(config, new FileSecurityStore(storage, dataDirectory), random);
      for (const [user, password] of options.passwords ?? []) security.setPassword(user, password);
      const { authorizer, scram } = security;
      this.#listeners = new Listeners({
        config,
        authorizer,
        scram,
        clock: networkClock,
        random,
        logger: this.#clientLog,
      });
      configs = new ConfigResources(config, topics, new ConfigStore(storage, dataDirectory));
      quotas = new ClientQuotas(new QuotaStore(storage, dataDirectory), networkClock);
      topics.load();
      metrics.recoveryMs = clock.monotonicMs() - startedMs;
    } catch (error) {
      void this.#directory.close();
      throw error;
    }
    for (const { reason, ...which } of topics.offline()) {
      logger.error(
        { ...which, err: reason },
        'partition is offline, all others are served: restore its directory from a copy, or move it away, and start again',
      );
    }
    const offsetsTopic = new OffsetsTopic(topics, config, clock, logger);
    const groups = new GroupService(groupConfig(config, configs, offsetsTopic.partitionCount), {
      clock,
      random,
      topics: new GroupTopics(topics, security.authorizer),
      log: offsetsTopic,
      logger,
    });
    const producerIds = new ProducerIds(storage, dataDirectory);
    this.#services = {
      config,
      cluster: { clusterId: this.#directory.clusterId, self: (listener) => this.#self(listener) },
      security,
      topics,
      logDirectory: { path: path.resolve(dataDirectory), space: () => storage.space(dataDirectory) },
      configs,
      quotas,
      groups,
      offsetsTopic,
      fetchSessions: new FetchSessions(config.number('max.incremental.fetch.session.cache.slots'), () => random.next()),
      fetchWaits: new FetchWaits(networkClock),
      producerIds,
      transactions: new Transactions({ config, topics, groups, producerIds, clock, logger }),
      metrics,
      clock,
      logger,
    };
    const table = throttledTable(createRequestTable(this.#services), quotas, networkClock);
    this.#connections = new Connections({
      table: measuredTable(options.interceptRequests?.(table) ?? table, metrics, networkClock),
      clock: networkClock,
      logger: this.#clientLog,
      metrics,
      readBuffers: this.#directory.readBuffers,
      maxRequestBytes: config.number('socket.request.max.bytes'),
      maxInFlight: config.number('max.in.flight.requests.per.connection'),
      // Looked at each time: they can change while the broker runs.
      get maxConnections() {
        return config.number('max.connections');
      },
      get maxIdleMs() {
        return config.number('connections.max.idle.ms');
      },
      get maxConnectionsPerIp() {
        return config.number('max.connections.per.ip');
      },
      throttleConnection: (host) => quotas.recordConnection(host),
      maxConnectionsOf: connectionLimits(config),
      maxRequestBytesBefore: config.number('sasl.server.max.receive.size'),
      authenticationTimeoutMs: config.number('connection.authentication.timeout.ms'),
    });
  }

  /** Where the first listener is; not what it advertises. */
  get host(): string {
    return this.#listeners.all()[0]!.host;
  }

  get port(): number {
    return this.#listeners.all()[0]!.port;
  }

  /** Every place where it listens, in the order of the setting `listeners`. */
  get listeners(): readonly OpenListener[] {
    return this.#listeners.all();
  }

  /** Gives a user a password for SCRAM and PLAIN, durably: what a client can then do for others by AlterUserScramCredentials. */
  setPassword(user: string, password: string): void {
    this.#services.security.setPassword(user, password);
  }

  /** Takes renewed keys and certificates from their files. @throws {BrokerConfigError}, and goes on with what it has */
  reloadCertificates(): void {
    this.#listeners.reloadCertificates();
  }

  get clusterId(): string {
    return this.#services.cluster.clusterId;
  }

  topics(): readonly Topic[] {
    return this.#services.topics.all();
  }

  /** @throws {TopicError} */
  createTopic(topic: NewTopic): Topic {
    return this.#services.topics.create(topic);
  }

  /** All metrics in the Prometheus text format; `more` adds those of the process that it runs in. */
  prometheus(more?: (text: PrometheusText) => void): string {
    const text = new PrometheusText();
    this.metrics.write(text);
    writeGauges(text, this.#services, this.config.number('metrics.series.max'));
    more?.(text);
    return text.toString();
  }

  /** Whether clients are served, and what is not well though they are. */
  health(): BrokerHealth {
    const { topics } = this.#services;
    const partitions = topics.all().flatMap((topic) => topic.partitions);
    return {
      isReady: this.#isReady && !this.#isStopped,
      partitions: partitions.length,
      offlinePartitions: partitions.filter((partition) => partition === null).length,
      unwritablePartitions: partitions.filter((partition) => partition?.isWritable === false).length,
    };
  }

  /** Retention, compaction and checkpoints of every partition, which otherwise come round by themselves. */
  maintain(): Promise<void> {
    return this.#directory.maintain();
  }

  /** Answers what is under way, then closes connections and files. Nothing acknowledged is lost, and the next start is quick. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#expiry?.cancel();
    await this.#listeners.close();
    this.#services.fetchWaits.stop();
    this.#services.groups.stop();
    this.#services.transactions.stop();
    await this.#connections.drain(DRAIN_MS);
    await this.#directory.close();
    this.#connections.destroyAll();
    this.#clientLog.close();
  }

  /** Ends as a crash would: connections break off, nothing more is written. For tests. */
  kill(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#expiry?.cancel();
    void this.#listeners.close();
    this.#connections.destroyAll();
    this.#clientLog.close();
    this.#services.fetchWaits.stop();
    this.#services.groups.stop();
    this.#services.transactions.stop();
    this.#directory.abandon();
  }

  async #open(network: Network): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const { groups, offsetsTopic, transactions } = this.#services;
    const partitions = Array.from({ length: offsetsTopic.partitionCount }, (_, index) => index);
    for (const partition of partitions) groups.coordinator.startLoading(partition);
    await this.#listeners.open(network, (connection, sessions) => this.#connections.accept(connection, sessions));
    for (const partition of partitions) await this.#loadGroups(partition);
    groups.wake();
    await transactions.load();
    this.metrics.recoveryMs += this.#clock.monotonicMs() - startedMs;
    this.#isReady = true;
    this.#scheduleExpiry();
  }

  async #loadGroups(partition: number): Promise<void> {
    const { groups, offsetsTopic } = this.#services;
    if (offsetsTopic.isOffline(partition)) {
      groups.coordinator.failLoading(partition);
      return;
    }
    const onRecord = ({ key, value }: DecodedRecord, producerId: bigint | null): void => {
      if (key === null) return;
      try {
        groups.coordinator.load(key, value, groups.now(), producerId);
      } catch (error) {
        this.#logger.error({ partition, err: error }, 'skipped a record of __consumer_offsets that cannot be read');
      }
    };
    await offsetsTopic.read(partition, onRecord, (producerId, isCommit) =>
      groups.coordinator.completeTransaction(partition, producerId, isCommit),
    );
    groups.coordinator.finishLoading(partition, groups.now());
  }

  #self(listener?: string): Node {
    return { nodeId: this.config.nodeId, ...this.#listeners.address(listener) };
  }

  #scheduleExpiry(): void {
    this.#expiry = this.#clock.schedule(this.config.number('offsets.retention.check.interval.ms'), () => {
      this.#services.groups.expireOffsets();
      this.#scheduleExpiry();
    });
  }

  #onDirectoryEvent(event: LogDirectoryEvent): void {
    const { kind, ...details } = event;
    if (kind === 'recovered') this.#logger.warn(details, 'cut the torn end of a log');
    else if (kind === 'removal-failed')
      this.#logger.error(details, 'files of a deleted partition could not be removed');
    else this.#logger.error(details, 'upkeep of a partition failed');
  }
}

function flushPolicy(config: BrokerConfig): FlushPolicy {
  switch (config.text('flush')) {
    case 'os':
      return { mode: 'os' };
    case 'interval':
      return { mode: 'interval', intervalMs: config.number('log.flush.interval.ms') };
    default:
      return { mode: 'fsync' };
  }
}

/** `max.connections.per.ip.overrides`. @throws {BrokerConfigError} */
function connectionLimits(config: BrokerConfig): ReadonlyMap<string, number> {
  const setting = 'max.connections.per.ip.overrides';
  const entries = config.text(setting).split(',');
  return new Map(
    entries.flatMap((entry) => {
      if (entry.trim() === '') return [];
      const [, address, count] = /^\s*\[?([^\]]+)\]?:(\d+)\s*$/.exec(entry) ?? [];
      if (!address) throw new BrokerConfigError(`${setting}: "${entry}" is not of the form address:count`);
      return [[address, Number(count)] as const];
    }),
  );
}
