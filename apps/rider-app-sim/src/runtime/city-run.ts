import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HealthRegistry } from '@ridestream/platform/health/health-registry';
import { Metrics } from '@ridestream/platform/metrics/metrics';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { type CityPack, defaultCityDir, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { TopicName } from '@ridestream/ride-domain/events/topics';
import type {
  PartitionBatch,
  PartitionReader,
  StreamClient,
  StreamProducer,
  TopicPartitionOffset,
} from 'streaming-core/client/types';
import { STREAM_CLIENT, STREAM_PRODUCER } from 'streaming-core/nest/tokens';
import { fleetSize, type SimEnv } from '../config.js';
import { CitySimulation } from '../core/city-simulation.js';
import type { SimView } from '../http/sim-schemas.js';
import { LogWriter } from './log-writer.js';
import { packCity } from './pack-city.js';
import { readLog, readPrices } from './read-log.js';
import { SimCityClock } from './sim-city-clock.js';
import { SimulationLoop } from './simulation-loop.js';

export const SIM_ENV = Symbol('SIM_ENV');

interface Running {
  readonly pack: CityPack;
  readonly simulation: CitySimulation;
  readonly clock: SimCityClock;
  readonly writer: LogWriter;
  readonly loop: SimulationLoop;
  readonly reader: PartitionReader;
}

/** A city from start to stop: reads what was, goes on with it, listens to dispatch and prices. */
@Injectable()
export class CityRun implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CityRun.name);
  private running: Running | undefined;

  constructor(
    @Inject(SIM_ENV) private readonly env: SimEnv,
    @Inject(STREAM_CLIENT) private readonly client: StreamClient,
    @Inject(STREAM_PRODUCER) private readonly producer: StreamProducer,
    private readonly health: HealthRegistry,
    private readonly metrics: Metrics,
  ) {}

  get simulation(): CitySimulation {
    return this.parts().simulation;
  }

  get clock(): SimCityClock {
    return this.parts().clock;
  }

  hasZone(zone: string): boolean {
    return this.parts().pack.zones.get(zone) !== undefined;
  }

  view(): SimView {
    const { clock, loop, simulation, writer } = this.parts();
    const { driversByState, requests, riders, turnedAway } = simulation.counts();
    const asked = clock.asked();
    const cityMs = clock.now();
    return {
      run: simulation.runId,
      seed: this.env.SEED,
      clock: {
        cityTime: new Date(cityMs).toISOString(),
        cityMs,
        paused: asked.paused,
        speedAsked: asked.speed,
        speedEffective: clock.effectiveSpeed(),
      },
      drivers: driversByState,
      riders,
      requests: { made: requests, turnedAway },
      log: {
        ...loop.figures(),
        acknowledged: writer.recordsAcknowledged,
        inFlight: writer.recordsInFlight,
        failing: writer.failing,
      },
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { CITY_PACK, SEED, SPEED, ZONE_PARTITIONS } = this.env;
    const pack = await loadCityPack(CITY_PACK ?? defaultCityDir(), { partitions: ZONE_PARTITIONS });
    for (const warning of pack.warnings) this.logger.warn(warning);
    await ensurePlatformTopics(this.client.admin(), ZONE_PARTITIONS);
    const reader = this.client.reader();
    const reading = await readLog(reader, ZONE_PARTITIONS);
    if (reading.skipped > 0) this.logger.warn(`skipped ${reading.skipped} records that do not validate`);
    const startMs = startOf(reading.earlier?.resumeMs, pack);
    const simulation = new CitySimulation({
      city: packCity(pack),
      seed: SEED,
      ...fleetSize(this.env, pack.graph.nodeCount),
      startMs,
      ...(reading.earlier === null ? {} : { remembered: reading.earlier.remembered }),
    });
    const clock = new SimCityClock(startMs, SPEED, performance.now());
    const writer = new LogWriter({
      producer: this.producer,
      onError: (error, records) => this.logger.error(`${records} records were not taken: ${String(error)}`),
    });
    const loop = new SimulationLoop({
      simulation,
      clock,
      writer,
      monotonicNow: () => performance.now(),
      wallNow: Date.now,
      onCrash: (error) => this.crash(error),
    });
    this.running = { pack, simulation, clock, writer, loop, reader };
    await this.listen(this.running, reading.rideEvents);
    this.observe(this.running);
    this.announce(reading.earlier !== null);
    loop.start();
  }

  /** City time stands still from here; what was said is brought to the log. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.running === undefined) return;
    const { loop, reader, writer } = this.running;
    loop.stop();
    await Promise.all([reader.close(), writer.close()]);
  }

  private async listen({ reader, simulation }: Running, rideEvents: readonly TopicPartitionOffset[]): Promise<void> {
    const prices = await readPrices(reader, this.env.ZONE_PARTITIONS, ({ zone, surge }) =>
      simulation.hearPrice(zone, surge),
    );
    await this.follow(reader, 'RideEvents', rideEvents, (event) => simulation.hear(event));
    await this.follow(reader, 'ZonePricing', prices, ({ zone, surge }) => simulation.hearPrice(zone, surge));
  }

  private async follow<T extends TopicName>(
    reader: PartitionReader,
    topic: T,
    offsets: readonly TopicPartitionOffset[],
    onEvent: (event: Extract<ReturnType<typeof decodeEvent<T>>, { ok: true }>['event']) => void,
  ): Promise<void> {
    const from = offsets.map(({ partition, topic: name, offset }) => ({ topic: name, partition, from: offset }));
    await reader.follow(from, (batch: PartitionBatch) => {
      for (const record of batch.records) {
        const decoded = decodeEvent(topic, record);
        if (decoded.ok) onEvent(decoded.event);
        else this.logger.warn(`${topic}-${record.partition}@${record.offset} was skipped: ${decoded.reason}`);
      }
      return Promise.resolve();
    });
  }

  private observe({ clock, loop, simulation, writer }: Running): void {
    this.health.add('log', () =>
      Promise.resolve({ ok: !writer.failing, detail: { recordsInFlight: writer.recordsInFlight } }),
    );
    this.metrics.gauge('sim_speed_asked', 'City seconds in a second, asked for', () => clock.asked().speed);
    this.metrics.gauge('sim_speed_effective', 'City seconds in a second, reached', () => clock.effectiveSpeed());
    this.metrics.gauge('sim_events', 'Events that phones wrote in this run', () => loop.figures().events);
    this.metrics.gauge('sim_records_in_flight', 'Records not yet acknowledged', () => writer.recordsInFlight);
    this.metrics.gauge('sim_riders_waiting', 'Riders without a driver', () => simulation.counts().riders.waiting);
  }

  private announce(resumed: boolean): void {
    const { clock, pack, simulation } = this.parts();
    const onDuty = simulation.drivers.filter(({ state }) => state !== 'offline').length;
    const time = new Intl.DateTimeFormat('en-GB', {
      timeZone: pack.timeZone,
      weekday: 'long',
      hour: '2-digit',
      minute: '2-digit',
    }).format(clock.now());
    const how = resumed ? 'goes on' : 'begins';
    this.logger.log(`${pack.name} ${how}: ${time}, ${onDuty} drivers, ${clock.asked().speed} x, seed ${this.env.SEED}`);
  }

  /** A broken invariant: better no city than a wrong one. Whoever runs the process starts it anew, from the log. */
  private crash(error: unknown): void {
    this.logger.fatal(error);
    setImmediate(() => {
      throw error;
    });
  }

  private parts(): Running {
    if (this.running === undefined) throw new Error('the city has not begun yet');
    return this.running;
  }
}

/** A new run begins on a new second, for its ride ids; the city's time never goes back. */
const startOf = (cityMs: number | undefined, pack: CityPack): number =>
  cityMs === undefined ? pack.defaultStartMs : (Math.floor(cityMs / 1_000) + 2) * 1_000;
