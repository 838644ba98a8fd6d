import { Inject, Injectable } from '@nestjs/common';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { StreamProducer } from 'streaming-core/client/types';
import { STREAM_PRODUCER } from 'streaming-core/nest/tokens';
import { type ClosedWindow, WINDOW_MS } from '../core/zone-window.js';

/** Tells dispatch and the apps what a zone's surge is from now on. */
@Injectable()
export class PricePublisher {
  constructor(@Inject(STREAM_PRODUCER) private readonly producer: StreamProducer) {}

  async publish(partition: number, closed: readonly ClosedWindow[]): Promise<void> {
    const timestampMs = Date.now();
    // Only the newest of each zone is news: the topic is compacted.
    const newest = new Map(closed.map((window) => [window.zone, window]));
    await this.producer.send(
      [...newest.values()].map(({ zone, windowStart, surge }) =>
        encodeEvent(
          'ZonePricing',
          { type: 'zone.priced', v: 1, at: windowStart + WINDOW_MS, zone, surge, windowStart },
          { partition, timestampMs },
        ),
      ),
    );
  }
}
