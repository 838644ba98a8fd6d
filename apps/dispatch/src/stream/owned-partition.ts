/**
 * One partition that this instance owns: its state, its writes, its recovery.
 *
 * Why each request is handled once, across crashes and takeovers:
 *
 * 1. `ride.queued` is acknowledged by the log before the offset of its request is committed ({@link handleRequests} resolves
 *    only then, and the consumer commits after that). So a request is never lost: it is in RideEvents, or it comes again.
 * 2. On assignment the ledger is rebuilt from RideEvents up to its end *before* the first request is handled. So a request
 *    that comes again finds its ride in the ledger and is dropped.
 * 3. Rides that ended are remembered: the last `endedRidesMax` in memory, the last 2,000 in a checkpoint. What can come again is
 *    what was not committed: one batch of the partition, at most {@link REQUEST_BATCH_MAX} records.
 * 4. What dispatch owes a ride (confirm an accepted offer, requeue one given back, expire an offer) follows from the state that
 *    RideEvents gives, so the next owner owes the same and pays once.
 * 5. A failed write leaves a doubt about what the log holds. The partition then decides nothing until it has read the log to
 *    its end; the batch of requests in hand fails and is delivered again.
 *
 * What this does not cover: an owner that was cut off without knowing (stopped for longer than the session timeout) and whose
 * last write lands after the new owner has read the end. Then RideEvents holds two decisions for one ride; every
 * reader's fold takes the first and drops the second as a duplicate. Transactions would fence such a writer.
 */
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import type { PartitionReader, StreamProducer } from 'streaming-core/client/types';
import { encodeCheckpoint } from '../zone/checkpoint.js';
import type { CancelOutcome, RequestOutcome, ZoneDispatcher } from '../zone/zone-dispatcher.js';
import { settledWithin, unlessAborted } from './deadline.js';
import { DecisionWriter } from './decision-writer.js';
import { loadLedger, type LoadReport } from './ledger-loader.js';
import { STATE_TOPIC } from './topics.js';

export const REQUEST_BATCH_MAX = 500;
const RECOVERY_DELAY_MS = 250;
/** How long a cancel may wait for RideEvents to be read up to where it stood. */
const CATCH_UP_TIMEOUT_MS = 10_000;
/** A partition is let go after that, written or not: the log and the next owner can do without. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface OwnedPartitionPorts {
  readonly reader: PartitionReader;
  readonly producer: StreamProducer;
  readonly cityNow: () => number;
  readonly wallNow: () => number;
  readonly onDoubt: (partition: number, error: unknown) => void;
  readonly onRequest: (outcome: RequestOutcome | CancelOutcome) => void;
}

interface CatchUpWaiter {
  readonly offset: bigint;
  readonly done: () => void;
}

export class OwnedPartition {
  private readonly writer: DecisionWriter;
  private readonly closing = new AbortController();
  private readonly catchUpWaiters = new Set<CatchUpWaiter>();
  private recovery: Promise<void> | undefined;
  private checkpointOffset = -1n;

  constructor(
    readonly partition: number,
    readonly zone: ZoneDispatcher,
    private readonly ports: OwnedPartitionPorts,
  ) {
    this.writer = new DecisionWriter(partition, ports.producer, ports.wallNow, (error) => this.doubt(error));
  }

  get backlog(): number {
    return this.writer.backlog;
  }

  /** Rebuilds the state from the log and begins to decide. */
  async load(): Promise<LoadReport> {
    const report = await loadLedger(this.partition, this.zone.ledger, this.ports.reader);
    this.checkpointOffset = report.checkpointOffset ?? -1n;
    if (!this.isClosing()) this.open();
    return report;
  }

  /**
   * Resolves once what the requests led to is acknowledged by the log. Rejects when it may not be, and at once when `signal`
   * aborts while it waits for the log to be read: deliver them again, to whoever owns the partition then.
   */
  async handleRequests(events: readonly RideRequestsEvent[], signal: AbortSignal): Promise<void> {
    await unlessAborted(this.recovery, signal);
    const cancels = events.filter((event) => event.type === 'ride.cancel_requested');
    for (const event of events) {
      if (event.type === 'ride.requested') this.ports.onRequest(this.zone.request(event, this.ports.cityNow()));
    }
    await this.flush();
    if (cancels.length === 0) return;
    // A ride may have moved on in the log without our having read it: a cancel is judged by where the log stood when it came.
    const { end } = await this.ports.reader.bounds({ topic: 'RideEvents', partition: this.partition });
    await unlessAborted(this.caughtUpTo(end), signal);
    await unlessAborted(this.recovery, signal);
    for (const event of cancels) this.ports.onRequest(this.zone.cancel(event, this.ports.cityNow()));
    await this.flush();
  }

  /** Takes records of RideEvents in; `null` is one that could not be read. Does not wait for the answers to be written. */
  handleRideEvents(records: readonly { readonly event: RideEvent | null; readonly offset: bigint }[]): void {
    const nowMs = this.ports.cityNow();
    for (const { event, offset } of records) {
      if (event === null) this.zone.ledger.skip(offset);
      else this.zone.read(event, offset, nowMs);
    }
    for (const waiter of this.catchUpWaiters) {
      if (this.zone.ledger.nextOffset >= waiter.offset) waiter.done();
    }
    this.flushInBackground();
  }

  /** Writes what was decided. Failures lead to recovery by themselves. */
  flushInBackground(): void {
    this.flush().catch(() => undefined);
  }

  /** Writes a checkpoint unless nothing changed since the last one. */
  async checkpoint(): Promise<void> {
    const { ledger } = this.zone;
    const offset = ledger.nextOffset;
    if (!this.zone.isOpen || offset === this.checkpointOffset) return;
    const value = encodeCheckpoint(this.partition, ledger);
    if (value === null) return;
    const { partition } = this;
    await this.ports.producer.send([{ topic: STATE_TOPIC, partition, key: String(partition), value }]);
    this.checkpointOffset = offset;
  }

  /** Ends the ownership: what was decided is written, the state is written down, nothing is decided any more. */
  async close(): Promise<void> {
    const lastWords = this.flush().then(() => this.checkpoint());
    await settledWithin(CLOSE_TIMEOUT_MS, lastWords);
    this.closing.abort();
    for (const waiter of this.catchUpWaiters) waiter.done();
    if (this.recovery) await settledWithin(CLOSE_TIMEOUT_MS, this.recovery);
  }

  private flush(): Promise<void> {
    return this.writer.write(this.zone.decisions());
  }

  private isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  private open(): void {
    this.zone.open(this.ports.cityNow());
    this.flushInBackground();
  }

  private doubt(error: unknown): void {
    this.zone.doubt();
    this.ports.onDoubt(this.partition, error);
    this.recovery ??= this.recover().finally(() => {
      this.recovery = undefined;
    });
  }

  /** Reads the log to its end by itself: the consumer may be held up by the very batch whose write failed. */
  private async recover(): Promise<void> {
    while (!this.isClosing()) {
      try {
        await this.writer.settled();
        await loadLedger(this.partition, this.zone.ledger, this.ports.reader);
        if (!this.isClosing()) this.open();
        return;
      } catch (error) {
        this.ports.onDoubt(this.partition, error);
        await new Promise((resolve) => setTimeout(resolve, RECOVERY_DELAY_MS));
      }
    }
  }

  private async caughtUpTo(offset: bigint): Promise<void> {
    if (this.zone.ledger.nextOffset >= offset) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.catchUpWaiters.delete(waiter);
        reject(new Error(`RideEvents of partition ${this.partition} was not read up to ${offset} in time`));
      }, CATCH_UP_TIMEOUT_MS);
      const done = (): void => {
        clearTimeout(timer);
        this.catchUpWaiters.delete(waiter);
        resolve();
      };
      const waiter: CatchUpWaiter = { offset, done };
      this.catchUpWaiters.add(waiter);
    });
  }
}
