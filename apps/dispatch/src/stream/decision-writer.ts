import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { StreamProducer } from 'streaming-core/client/types';

interface Waiting {
  readonly events: readonly RideEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes one partition's decisions to RideEvents in the order in which they were taken. One write is under way at a time
 * and what comes meanwhile goes out together after it, so that a failed write never leaves a gap with later decisions
 * behind it: after a failure everything that waits fails too.
 */
export class DecisionWriter {
  private waiting: Waiting[] = [];
  private waitingEvents = 0;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly partition: number,
    private readonly producer: StreamProducer,
    private readonly wallNow: () => number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Decisions not yet handed to the log. */
  get backlog(): number {
    return this.waitingEvents;
  }

  /** Resolves when these and all earlier decisions are acknowledged. */
  write(events: readonly RideEvent[]): Promise<void> {
    if (events.length === 0) return this.settled();
    this.waitingEvents += events.length;
    const written = new Promise<void>((resolve, reject) => this.waiting.push({ events, resolve, reject }));
    this.writing ??= this.run();
    return written;
  }

  /** Resolves when nothing is under way. Never rejects: failures go to whoever wrote. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async run(): Promise<void> {
    // Lets decisions of the same turn go out in one request.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.take();
      try {
        await this.producer.send(batch.flatMap(({ events }) => events.map((event) => this.encode(event))));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const failed = [...batch, ...this.take()];
        this.onFailure(error);
        for (const { reject } of failed) reject(error);
      }
    }
    this.writing = undefined;
  }

  private take(): Waiting[] {
    const taken = this.waiting;
    this.waiting = [];
    this.waitingEvents = 0;
    return taken;
  }

  private encode(event: RideEvent): ReturnType<typeof encodeEvent> {
    return encodeEvent('RideEvents', event, { partition: this.partition, timestampMs: this.wallNow() });
  }
}
