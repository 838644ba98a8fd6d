import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { StreamProducer } from 'streaming-core/client/types';
import { STREAM_PRODUCER } from 'streaming-core/nest/tokens';
import { WindowQueries } from '../store/window-queries.js';

const PUBLISH_EVERY_MS = 1_000;

/**
 * The live KPIs, for the dashboard, about once a second while there is news. They come from the database, so it does not
 * matter which instance publishes them, or that several do.
 */
@Injectable()
export class MetricsPublisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('analytics');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private lastAt = 0;
  private failing = false;

  constructor(
    private readonly queries: WindowQueries,
    @Inject(STREAM_PRODUCER) private readonly producer: StreamProducer,
  ) {}

  onApplicationBootstrap(): void {
    this.plan();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private plan(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.publish().finally(() => this.plan());
    }, PUBLISH_EVERY_MS);
  }

  private async publish(): Promise<void> {
    try {
      const metrics = await this.queries.cityMetrics();
      if (!metrics || metrics.at === this.lastAt) return;
      await this.producer.send([encodeEvent('CityMetrics', metrics, { partition: 0, timestampMs: Date.now() })]);
      this.lastAt = metrics.at;
      this.failing = false;
    } catch (error) {
      // Once is enough to know: it is tried every second.
      if (!this.failing) this.logger.warn(`the live KPIs could not be published: ${String(error)}`);
      this.failing = true;
    }
  }
}
