import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { StreamClient, StreamProducer } from '../client/types.js';
import { ConsumerExplorer } from './consumer-explorer.js';
import { ConsumerRunner, type ConsumerStatus } from './consumer-runner.js';
import type { StreamingModuleOptions } from './streaming-options.js';
import { STREAMING_OPTIONS, STREAM_CLIENT, STREAM_PRODUCER } from './tokens.js';

export interface StreamingStatus {
  /** True when every consumer has heard from its group within its session timeout. */
  readonly ok: boolean;
  readonly consumers: readonly ConsumerStatus[];
}

/**
 * Starts the decorated consumers when the application is up, and drains them before it goes down: databases and gateways
 * are still open then. The client is closed last.
 */
@Injectable()
export class StreamingConsumers implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Streaming');
  private runners: ConsumerRunner[] = [];

  constructor(
    @Inject(STREAM_CLIENT) private readonly client: StreamClient,
    @Inject(STREAM_PRODUCER) private readonly producer: StreamProducer,
    @Inject(STREAMING_OPTIONS) private readonly options: StreamingModuleOptions,
    private readonly explorer: ConsumerExplorer,
  ) {}

  /** For a health endpoint. */
  status(): StreamingStatus {
    const nowMs = Date.now();
    const consumers = this.runners.map((runner) => runner.status(nowMs));
    return { ok: consumers.every(({ connected }) => connected), consumers };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.runners = this.explorer.consumers().map(
      (definition) =>
        new ConsumerRunner(definition, {
          client: this.client,
          producer: this.producer,
          metrics: this.options.metrics ?? {},
          warn: (message, error) => this.logger.warn({ message, consumer: definition.name, error: String(error) }),
        }),
    );
    await Promise.all(this.runners.map((runner) => runner.start()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
