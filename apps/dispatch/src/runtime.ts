import type { Metrics } from '@ridestream/platform/metrics/metrics';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import type { CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { randomUUID } from 'node:crypto';
import type { GroupConsumer, PartitionReader, StreamClient, StreamProducer } from 'streaming-core/client/types';
import { DeadLetters } from 'streaming-core/nest/dead-letters';
import { tracedProducer, w3cTracing } from 'streaming-core/nest/tracing';
import { type DispatchEnv, dispatchSettings } from './config.js';
import { CityState } from './live/city-state.js';
import { LiveFeed } from './live/live-feed.js';
import { createPolicy } from './matching/policies.js';
import { CityFeed } from './stream/city-feed.js';
import { DispatchConsumer } from './stream/dispatch-consumer.js';
import { createDispatchMetrics, type DispatchMetrics } from './stream/dispatch-metrics.js';
import { REQUEST_BATCH_MAX } from './stream/owned-partition.js';
import { settledWithin } from './stream/deadline.js';
import { TickScheduler } from './stream/tick-scheduler.js';
import { GROUP_ID, GROUP_TOPICS, ownTopics } from './stream/topics.js';
import { DispatchCore } from './zone/dispatch-core.js';
import { atLeastWall, type CityMoment, type DispatchSettings } from './zone/dispatch-settings.js';

export interface RuntimeLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface RuntimeParts {
  readonly env: DispatchEnv;
  readonly pack: CityPack;
  readonly client: StreamClient;
  readonly metrics: Metrics;
  readonly log: RuntimeLog;
}

/** Browsers hear of changes so often, or less of a large city: enough for an eye, with interpolation in between. */
const PUBLISH_INTERVAL_MS = 225;
const HOUSEKEEPING_INTERVAL_MS = 1_000;
/** Together shorter than the ten seconds that a service has to stop, even when no broker answers. */
const LEAVE_TIMEOUT_MS = 5_000;
const DISCONNECT_TIMEOUT_MS = 1_500;
/** Without a word from the group's coordinator for so long, this instance may own nothing any more. */
const CONTACT_TIMEOUT_MS = 10_000;
const START_RETRY_MS = 1_000;
/** With more decisions than this waiting for the log, new offers would only be late. */
const BACKLOG_MAX = 5_000;
/** Vehicles leave the map and the memory after so much longer than they leave matching. */
const FORGET_FACTOR = 5;

/** Everything that runs in a dispatch process, put together and started in order. No framework. */
export class DispatchRuntime {
  readonly city: CityState;
  readonly live: LiveFeed;
  readonly clock: LogCityClock;
  /** Dashboards connected at a time. */
  readonly socketsMax: number;
  readonly metrics: DispatchMetrics;
  readonly core: DispatchCore;
  private readonly settings: DispatchSettings;
  private readonly reader: PartitionReader;
  private readonly feed: CityFeed;
  private readonly scheduler: TickScheduler;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly stopping = new AbortController();
  private producer: StreamProducer | undefined;
  private group: GroupConsumer | undefined;
  private consumer: DispatchConsumer | undefined;
  private starting: Promise<void> | undefined;
  private isFollowing = false;
  private isRunning = false;

  constructor(private readonly parts: RuntimeParts) {
    const { env, pack, client } = parts;
    this.settings = dispatchSettings(env);
    this.socketsMax = env.SOCKETS_MAX;
    this.metrics = createDispatchMetrics(parts.metrics);
    this.reader = client.reader();
    this.clock = new LogCityClock(client.reader());
    this.city = new CityState(pack.zones.all().map(({ id }) => id));
    this.feed = new CityFeed(this.city, this.reader, env.ZONE_PARTITIONS);
    this.live = new LiveFeed(this.city, () => this.clock.reading(), randomUUID());
    this.core = new DispatchCore({
      settings: this.settings,
      policy: createPolicy(env.MATCH_POLICY, pack.graph),
      drivers: this.city.drivers,
      graph: pack.graph,
      zonePartitions: pack.partitions,
      newOfferId: () => `o-${randomUUID()}`,
    });
    this.scheduler = new TickScheduler(
      this.clock,
      (moment) => this.tick(moment),
      (error) => parts.log.error(`tick failed: ${describe(error)}`),
    );
    this.registerGauges(parts.metrics);
  }

  /** True while requests can be taken. */
  get isReady(): boolean {
    return this.isRunning;
  }

  /** Begins to connect and returns; goes on trying until it works or {@link stop} is called. */
  start(): void {
    this.starting ??= this.startPatiently();
  }

  /** Writes what was decided and the state, leaves the group. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.isRunning = false;
    this.scheduler.stop();
    for (const timer of this.timers) clearInterval(timer);
    if (this.group) await settledWithin(LEAVE_TIMEOUT_MS, this.group.close());
    const connections = [
      this.feed.close(),
      this.clock.close(),
      this.parts.client.close(),
      this.starting ?? Promise.resolve(),
    ];
    await settledWithin(DISCONNECT_TIMEOUT_MS, Promise.all(connections));
  }

  /** For health: which partitions are owned and how far behind their consumption is. */
  status(): { readonly ready: boolean; readonly partitions: readonly number[]; readonly lag: number } {
    const lag = this.group?.lag().reduce((sum, { records }) => sum + Number(records), 0) ?? 0;
    const inContact = Date.now() - (this.group?.lastPollMs ?? 0) < CONTACT_TIMEOUT_MS;
    return { ready: this.isRunning && inContact, partitions: this.core.owned(), lag };
  }

  /** @throws Error while the service is starting */
  requireProducer(): StreamProducer {
    if (!this.isRunning || this.producer === undefined) throw new Error('not started');
    return this.producer;
  }

  private async startPatiently(): Promise<void> {
    while (!this.isStopping()) {
      try {
        await this.startOnce();
        return;
      } catch (error) {
        if (this.isStopping()) return;
        // Otherwise it may join the group after all, beside the one of the next attempt.
        if (this.group) await settledWithin(LEAVE_TIMEOUT_MS, this.group.close());
        this.group = undefined;
        this.parts.log.warn(`cannot start yet: ${describe(error)}`);
        await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
      }
    }
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async startOnce(): Promise<void> {
    const { client, env, log } = this.parts;
    if (!this.isFollowing) await this.follow();
    this.producer ??= tracedProducer(await client.producer(), w3cTracing);
    this.consumer ??= new DispatchConsumer({
      core: this.core,
      feed: this.feed,
      reader: this.reader,
      producer: this.producer,
      deadLetters: new DeadLetters(GROUP_ID, this.producer, client.admin()),
      metrics: this.metrics,
      cityNow: () => this.clock.now(),
      wallNow: Date.now,
      log: (level, message) => log[level](message),
    });
    this.group = client.consumer({ groupId: GROUP_ID, topics: GROUP_TOPICS, maxBatchRecords: REQUEST_BATCH_MAX });
    await this.group.start(this.consumer);
    // Also when no partition fell to this instance: it then shows the city that others dispatch.
    await this.feed.consume([]);
    this.scheduler.start();
    this.every(PUBLISH_INTERVAL_MS, () => this.live.publish());
    this.every(HOUSEKEEPING_INTERVAL_MS, () => this.forgetSilentDrivers());
    this.every(env.CHECKPOINT_INTERVAL_S * 1000, () => this.writeCheckpoints());
    this.isRunning = true;
    log.info('dispatching');
  }

  /** The city's time and its picture. */
  private async follow(): Promise<void> {
    const { client, env } = this.parts;
    const admin = client.admin();
    await ensurePlatformTopics(admin, env.ZONE_PARTITIONS);
    await admin.ensureTopics(ownTopics(env.ZONE_PARTITIONS));
    await admin.close();
    await this.clock.start();
    await this.feed.warmUp();
    this.isFollowing = true;
  }

  private tick(moment: CityMoment): void {
    const owned = [...(this.consumer?.owned() ?? [])];
    if (owned.reduce((sum, { backlog }) => sum + backlog, 0) > BACKLOG_MAX) {
      this.metrics.ticksSkipped.inc();
      return;
    }
    const startedAt = performance.now();
    const { offers } = this.core.tick(moment);
    for (const partition of owned) partition.flushInBackground();
    this.metrics.tickSeconds.observe((performance.now() - startedAt) / 1000);
    if (offers > 0) this.metrics.offers.inc(offers);
  }

  private forgetSilentDrivers(): void {
    const { staleDriverMs, staleDriverWallMs } = this.settings;
    const patienceMs = FORGET_FACTOR * atLeastWall(staleDriverMs, staleDriverWallMs, this.clock.speed());
    this.city.dropSilentDrivers(this.clock.now() - patienceMs);
  }

  private writeCheckpoints(): void {
    for (const partition of this.consumer?.owned() ?? []) {
      partition.checkpoint().catch((error: unknown) => {
        this.parts.log.warn(`no checkpoint for partition ${partition.partition}: ${describe(error)}`);
      });
    }
  }

  private every(intervalMs: number, task: () => void): void {
    this.timers.push(setInterval(task, intervalMs));
  }

  private registerGauges(metrics: Metrics): void {
    metrics.gauge('dispatch_partitions_owned', 'Zone partitions of this instance', () => this.core.owned().length);
    metrics.gauge('dispatch_group_lag_records', 'Records that are still to be consumed', () => this.status().lag);
    metrics.gauge('dispatch_rides_live', 'Rides in the city that have not ended', () => this.city.rides.liveCount);
    metrics.gauge('dispatch_drivers_known', 'Drivers in the city', () => this.city.drivers.size);
    metrics.gauge('dispatch_dashboards', 'Browsers connected', () => this.live.viewers);
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
