import { RecordBatchError } from '../wire/records/record-batch.js';

/** What idempotence needs of a batch. */
export interface ProducerBatch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly isTransactional: boolean;
  /** The latest of its records. */
  readonly timestampMs: number;
  /** Broker time of the append. */
  readonly writtenMs: number;
}

/** A marker that ends a producer's transaction. */
export interface ProducerMarker {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

export interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** Of its latest record, told to who sends it again; after a restart when its producer last wrote. */
  readonly timestampMs: number;
}

export interface ProducerEntry {
  epoch: number;
  /** Broker time of the last append. */
  writtenMs: number;
  /** Of the last transaction marker, -1 if there was none. */
  coordinatorEpoch: number;
  /** Where the open transaction begins, -1 if none is open. */
  currentTxnFirstOffset: bigint;
  /** The newest last; at most {@link REMEMBERED_BATCHES}. */
  batches: RememberedBatch[];
}

export interface ProducerStateLimits {
  /** A producer that wrote nothing for so long is forgotten. */
  readonly expirationMs: number;
  /** At the bound the producer that wrote longest ago is forgotten first. */
  readonly maxProducers: number;
}

/** A producer keeps at most five requests in flight, so that a retry is always among its last five batches. */
const REMEMBERED_BATCHES = 5;
const MAX_SEQUENCE = 0x7fffffff;

export const DEFAULT_PRODUCER_LIMITS: ProducerStateLimits = { expirationMs: 86_400_000, maxProducers: 20_000 };

/** The sequence `count` records after `sequence`: 2^31 - 1 is followed by 0. */
export function advanceSequence(sequence: number, count: number): number {
  return sequence > MAX_SEQUENCE - count ? count - (MAX_SEQUENCE - sequence) - 1 : sequence + count;
}

/**
 * What a partition remembers of its idempotent producers, with Apache Kafka's rules (ProducerStateManager, ProducerAppendInfo):
 * a batch of the current epoch must follow its predecessor's sequence; a new epoch begins at 0; a batch like one of the
 * last five is a duplicate and gets the first one's offsets. A producer of which nothing is known may begin anywhere, for
 * its earlier records may have been deleted by retention.
 */
export class ProducerStates {
  /** In order of the last write, oldest first. */
  private readonly producers = new Map<bigint, ProducerEntry>();

  constructor(private readonly limits: ProducerStateLimits = DEFAULT_PRODUCER_LIMITS) {}

  get size(): number {
    return this.producers.size;
  }

  /**
   * Offsets of the batch that this one repeats, or null if it is new and in order. Coordinators write without sequences.
   * @throws RecordBatchError OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE
   */
  check(
    batch: Omit<ProducerBatch, 'firstOffset' | 'lastOffset' | 'timestampMs' | 'writtenMs'>,
  ): RememberedBatch | null {
    const entry = this.producers.get(batch.producerId);
    if (entry === undefined) return null;
    const who = `producer ${String(batch.producerId)} epoch ${batch.producerEpoch}`;
    if (batch.producerEpoch < entry.epoch) {
      throw new RecordBatchError('INVALID_PRODUCER_EPOCH', `${who} is fenced by epoch ${entry.epoch}`);
    }
    if (entry.currentTxnFirstOffset >= 0n && !batch.isTransactional) {
      throw new RecordBatchError('INVALID_TXN_STATE', `${who} writes outside of the transaction that it has open`);
    }
    if (batch.firstSequence < 0) return null;
    if (batch.producerEpoch > entry.epoch) {
      if (batch.firstSequence === 0) return null;
      throw new RecordBatchError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `${who} is new and begins with sequence ${batch.firstSequence}, not 0`,
      );
    }
    const duplicate = entry.batches.find(
      (known) => known.firstSequence === batch.firstSequence && known.lastSequence === batch.lastSequence,
    );
    if (duplicate !== undefined) return duplicate;
    const last = entry.batches.at(-1);
    // Only its markers are known: its records may be gone by compaction or retention.
    if (last === undefined) return null;
    const expected = advanceSequence(last.lastSequence, 1);
    if (batch.firstSequence !== expected) {
      throw new RecordBatchError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `${who} sent sequence ${batch.firstSequence}, ${expected} was due`,
      );
    }
    return null;
  }

  /** Takes note of a batch that is in the log. */
  record(batch: ProducerBatch): void {
    const known = this.producers.get(batch.producerId);
    const entry: ProducerEntry =
      known?.epoch === batch.producerEpoch
        ? known
        : {
            epoch: batch.producerEpoch,
            writtenMs: 0,
            coordinatorEpoch: known?.coordinatorEpoch ?? -1,
            currentTxnFirstOffset: known?.currentTxnFirstOffset ?? -1n,
            batches: [],
          };
    entry.writtenMs = batch.writtenMs;
    if (batch.isTransactional && entry.currentTxnFirstOffset < 0n) entry.currentTxnFirstOffset = batch.firstOffset;
    if (batch.firstSequence >= 0) {
      entry.batches.push({
        firstSequence: batch.firstSequence,
        lastSequence: batch.lastSequence,
        firstOffset: batch.firstOffset,
        lastOffset: batch.lastOffset,
        timestampMs: batch.timestampMs,
      });
      if (entry.batches.length > REMEMBERED_BATCHES) entry.batches.shift();
    }
    this.put(batch.producerId, entry);
  }

  /** @throws RecordBatchError INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED */
  checkMarker({ producerId, producerEpoch, coordinatorEpoch }: ProducerMarker): void {
    const entry = this.producers.get(producerId);
    if (entry === undefined) return;
    const who = `a marker for producer ${String(producerId)}`;
    if (producerEpoch < entry.epoch) {
      throw new RecordBatchError('INVALID_PRODUCER_EPOCH', `${who} has epoch ${producerEpoch}, not ${entry.epoch}`);
    }
    if (coordinatorEpoch < entry.coordinatorEpoch) {
      throw new RecordBatchError(
        'TRANSACTION_COORDINATOR_FENCED',
        `${who} comes from coordinator epoch ${coordinatorEpoch}, ${entry.coordinatorEpoch} has written here`,
      );
    }
  }

  /** Takes note of a marker that is in the log. */
  recordMarker({ producerId, producerEpoch, coordinatorEpoch }: ProducerMarker, writtenMs: number): void {
    const known = this.producers.get(producerId);
    const batches = known?.epoch === producerEpoch ? known.batches : [];
    this.put(producerId, { epoch: producerEpoch, writtenMs, coordinatorEpoch, currentTxnFirstOffset: -1n, batches });
  }

  private put(producerId: bigint, entry: ProducerEntry): void {
    this.producers.delete(producerId);
    this.producers.set(producerId, entry);
    if (this.producers.size <= this.limits.maxProducers) return;
    for (const [oldest, { currentTxnFirstOffset }] of this.producers) {
      // A transaction that nobody remembers could never be ended here.
      if (currentTxnFirstOffset >= 0n) continue;
      this.producers.delete(oldest);
      return;
    }
  }

  /** Forgets producers that wrote nothing lately. */
  expire(nowMs: number): void {
    for (const [producerId, entry] of this.producers) {
      const isOld = nowMs - entry.writtenMs > this.limits.expirationMs;
      if (isOld && entry.currentTxnFirstOffset < 0n) this.producers.delete(producerId);
    }
  }

  clear(): void {
    this.producers.clear();
  }

  /** For a snapshot file; in order of the last write. */
  entries(): ReadonlyMap<bigint, ProducerEntry> {
    return this.producers;
  }

  /** Takes the place of what is known. */
  restore(entries: ReadonlyMap<bigint, ProducerEntry>): void {
    this.producers.clear();
    for (const [producerId, entry] of entries) this.producers.set(producerId, entry);
  }
}
