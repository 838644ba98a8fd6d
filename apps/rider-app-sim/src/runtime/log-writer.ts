import type { OutgoingRecord, StreamProducer } from 'streaming-core/client/types';

/** Records on their way at most; with this many the city stands still until the log has taken some. About 6 MB. */
export const IN_FLIGHT_MAX = 20_000;
const RETRY_DELAY_MS = 1_000;
/** Worth nothing once it is old: not sent again when the log was away. */
const PERISHABLE_TOPIC = 'LocationUpdates';

export interface LogWriterOptions {
  readonly producer: StreamProducer;
  readonly onError: (error: unknown, records: number) => void;
  readonly retryDelayMs?: number;
}

/**
 * Sends batches without waiting for each, and counts what is on its way. A batch that the producer gave up on (the log was
 * away for longer than its delivery timeout) is sent again, before anything newer and until it is taken: what phones said about
 * rides is never lost. It may then stand twice or out of order in the log, which readers of RideEvents and of sequence numbers
 * take for late or duplicate. Locations are not sent again.
 */
export class LogWriter {
  private inFlight = 0;
  private acknowledged = 0;
  private readonly toRepeat: (readonly OutgoingRecord[])[] = [];
  private repeating: Promise<void> | null = null;
  private readonly sends = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly options: LogWriterOptions) {}

  /** Whether the log takes more now. While it does not, nothing may be written. */
  get ready(): boolean {
    return this.inFlight < IN_FLIGHT_MAX && this.repeating === null;
  }

  get recordsInFlight(): number {
    return this.inFlight;
  }

  get recordsAcknowledged(): number {
    return this.acknowledged;
  }

  get failing(): boolean {
    return this.repeating !== null;
  }

  write(records: readonly OutgoingRecord[]): void {
    if (records.length === 0) return;
    const sent = this.send(records).catch((error: unknown) => {
      this.options.onError(error, records.length);
      const lasting = records.filter(({ topic }) => topic !== PERISHABLE_TOPIC);
      if (lasting.length > 0 && !this.closed) this.repeatLater(lasting);
    });
    this.sends.add(sent);
    void sent.finally(() => this.sends.delete(sent));
  }

  /** Resolves when everything written so far is acknowledged or given up. Nothing is repeated after it. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([...this.sends]);
    await this.repeating;
  }

  private async send(records: readonly OutgoingRecord[]): Promise<void> {
    this.inFlight += records.length;
    try {
      await this.options.producer.send(records);
      this.acknowledged += records.length;
    } finally {
      this.inFlight -= records.length;
    }
  }

  private repeatLater(records: readonly OutgoingRecord[]): void {
    this.toRepeat.push(records);
    this.repeating ??= this.repeat().finally(() => {
      this.repeating = null;
    });
  }

  private async repeat(): Promise<void> {
    for (let records = this.toRepeat[0]; records !== undefined && !this.closed; records = this.toRepeat[0]) {
      await new Promise((resolve) => setTimeout(resolve, this.options.retryDelayMs ?? RETRY_DELAY_MS).unref());
      try {
        await this.send(records);
        this.toRepeat.shift();
      } catch (error) {
        this.options.onError(error, records.length);
      }
    }
  }
}
