import {
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { StreamClient, StreamProducer } from '../client/types.js';
import type { ConsumerExplorer } from './consumer-explorer.js';
import { ConsumerRunner, type ConsumerStatus } from './consumer-runner.js';
import { LogEntry } from './log-entry.js';
import type { ConsumerSettings, StreamingMetrics } from './streaming-options.js';
import type { Tracing } from './tracing.js';

export interface StreamingStatus {
  /** True when every consumer has heard from its group within its session timeout. */
  readonly ok: boolean;
  readonly consumers: readonly ConsumerStatus[];
}

export interface TopicLag {
  readonly groupId: string;
  /** An origin or a rung of its ladder. */
  readonly topic: string;
  readonly records: number;
}

export interface StreamingConsumersParts {
  /** Undefined: the default one. */
  readonly connection: string | undefined;
  readonly client: StreamClient;
  readonly producer: StreamProducer;
  readonly metrics: StreamingMetrics;
  readonly tracing: Tracing;
  readonly explorer: ConsumerExplorer;
  /** By group id. */
  readonly settings: Readonly<Record<string, ConsumerSettings>>;
}

/**
 * Starts the decorated consumers of a connection when the application is up, and drains them before it goes down: databases and
 * gateways are still open then. The client is closed last. The default connection's is injected by this class.
 */
export class StreamingConsumers implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger('Streaming');
  readonly #parts: StreamingConsumersParts;
  #runners: readonly ConsumerRunner[] = [];

  constructor(parts: StreamingConsumersParts) {
    this.#parts = parts;
  }

  /** For a health endpoint. */
  status(): StreamingStatus {
    const nowMs = Date.now();
    const consumers = this.#runners.map((runner) => runner.status(nowMs));
    return { ok: consumers.every(({ connected }) => connected), consumers };
  }

  /** For metrics: records that are not handled yet. */
  lag(): readonly TopicLag[] {
    return this.#runners.flatMap((runner) =>
      [...runner.lag()].map(([topic, records]) => ({ groupId: runner.groupId, topic, records })),
    );
  }

  /** Handlers of a group get nothing new until {@link resume}; the membership goes on. */
  pause(groupId: string): void {
    for (const runner of this.#of(groupId)) runner.pause();
  }

  resume(groupId: string): void {
    for (const runner of this.#of(groupId)) runner.resume();
  }

  async onApplicationBootstrap(): Promise<void> {
    const { connection, explorer, settings, ...context } = this.#parts;
    this.#runners = explorer.consumers(connection, settings).map(
      (definition) =>
        new ConsumerRunner(definition, {
          ...context,
          warn: (message, error) =>
            this.#logger.warn(new LogEntry(message, { consumer: definition.name, error: String(error) })),
        }),
    );
    const starts = await Promise.allSettled(this.#runners.map((runner) => runner.start()));
    const failed = starts.find((start) => start.status === 'rejected');
    if (!failed) return;
    // Nobody calls the shutdown hooks of an application that did not start.
    await this.beforeApplicationShutdown();
    await this.onApplicationShutdown();
    throw failed.reason;
  }

  async beforeApplicationShutdown(): Promise<void> {
    // One that fails keeps neither the others from leaving their groups nor the application from closing.
    const stops = await Promise.allSettled(this.#runners.map((runner) => runner.stop()));
    for (const stop of stops) {
      if (stop.status === 'fulfilled') continue;
      this.#logger.warn(new LogEntry('a consumer did not stop as it should', { error: String(stop.reason) }));
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#parts.client.close();
  }

  #of(groupId: string): readonly ConsumerRunner[] {
    const runners = this.#runners.filter((runner) => runner.groupId === groupId);
    if (runners.length === 0) throw new Error(`no consumer of group ${groupId} runs here`);
    return runners;
  }
}
