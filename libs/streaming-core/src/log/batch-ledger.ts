import { strict as assert } from 'node:assert';
import path from 'node:path';
import { decodeMarker } from '../wire/records/control-records.js';
import { NO_PRODUCER_ID, type RecordBatch } from '../wire/records/record-batch.js';
import { scanBatches } from './batch-scan.js';
import { OngoingTransactions } from './ongoing-transactions.js';
import { dropOldSnapshots, loadProducerSnapshot } from './producer-snapshot.js';
import { encodeSnapshot } from './producer-snapshot-format.js';
import { ProducerStates, type ProducerStateLimits, type RememberedBatch } from './producer-state.js';
import type { Segment, SegmentPlace } from './segment.js';
import { producerSnapshotFileName } from './segment-files.js';
import type { AbortedTransaction } from './transaction-index.js';

/**
 * What the batches of a log add up to: which producer wrote what last, and which transactions are open. It is told of each batch once, in the order of the log:
 * when it is appended, when recovery finds it, when a cut has it replayed. Saved now and then; the last saved one and the
 * batches after it give it back.
 */
export class BatchLedger {
  readonly producers: ProducerStates;
  readonly transactions = new OngoingTransactions();
  private savedOffset = 0n;

  constructor(limits?: ProducerStateLimits) {
    this.producers = new ProducerStates(limits);
  }

  /**
   * Before an append: the batch that this one repeats, or null if it is new and in order.
   * @throws RecordBatchError if an idempotent producer's batch is out of order or fenced, or a marker is
   */
  check(batches: readonly RecordBatch[]): RememberedBatch | null {
    for (const batch of batches) {
      if (batch.producerId === NO_PRODUCER_ID) continue;
      if (batch.isControl) {
        const marker = decodeMarker(batch);
        if (marker !== null) this.producers.checkMarker({ ...producerOf(batch), ...marker });
        continue;
      }
      assert(batches.length === 1, 'an idempotent producer sends one batch at a time');
      const known = this.producers.check({
        ...producerOf(batch),
        isTransactional: batch.isTransactional,
        firstSequence: batch.baseSequence,
        lastSequence: batch.lastSequence,
      });
      if (known !== null) return known;
    }
    return null;
  }

  /**
   * Takes note of a batch that is in the log. `writtenMs` is the broker's time, not the record's: a producer that forwards old
   * records is not an old producer, and one that is forgotten too soon writes its retries twice. Gives the transaction that the
   * batch, a marker, aborts: it belongs into the transaction index of the batch's segment.
   */
  note(batch: RecordBatch, writtenMs: number): AbortedTransaction | null {
    if (batch.producerId < 0n) return null;
    if (batch.isControl) return this.noteMarker(batch, writtenMs);
    if (batch.isTransactional) this.transactions.begin(batch.producerId, batch.baseOffset);
    this.producers.record({
      ...producerOf(batch),
      isTransactional: batch.isTransactional,
      firstSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      firstOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      timestampMs: Number(batch.maxTimestamp),
      writtenMs,
    });
    return null;
  }

  expire(nowMs: number): void {
    this.producers.expire(nowMs);
  }

  /**
   * Whether a crash gives the same state back without the batches before an offset: they may be dropped then. Not so where recovery had to
   * count on batches behind the last save.
   */
  isKnownWithout(offset: bigint): boolean {
    return offset <= this.savedOffset || this.producers.entries().size === 0;
  }

  /** What {@link encode} gave for an offset is in its place. */
  saved(place: SegmentPlace, offset: bigint): void {
    this.savedOffset = offset;
    dropOldSnapshots(place.storage, place.directory);
  }

  /** Saves the state as of `offset`, to which the ledger has been told all. */
  save(place: SegmentPlace, offset: bigint): void {
    const { path: file, contents } = this.encode(place, offset);
    place.storage.writeFileAtomic(file, contents);
    this.saved(place, offset);
  }

  /** The file that {@link save} would write. */
  encode({ directory }: SegmentPlace, offset: bigint): { readonly path: string; readonly contents: Buffer } {
    return {
      path: path.join(directory, producerSnapshotFileName(offset)),
      contents: encodeSnapshot(this.producers.entries()),
    };
  }

  /** Becomes what it was at `offset`: from the newest save before it and the headers of the batches between. */
  restore({ storage, directory }: SegmentPlace, segments: readonly Segment[], offset: bigint, nowMs: number): void {
    const from = loadProducerSnapshot(storage, directory, offset, this.producers) ?? 0n;
    this.savedOffset = from;
    this.transactions.restore(openTransactions(this.producers));
    let knownEnd = 0n;
    for (const [i, segment] of segments.entries()) {
      const next = segments[i + 1];
      if (next !== undefined && next.baseOffset <= from) continue;
      if (segment.baseOffset >= offset) break;
      scanBatches(segment.file, segment.positionOf(from), segment.size, { checkCrc: false }, (batch) => {
        // Bytes behind the checkpoint are not checked yet: the offset that they claim may be an earlier one.
        if (batch.baseOffset < knownEnd || batch.baseOffset >= offset) return false;
        knownEnd = batch.nextOffset;
        this.note(batch, nowMs);
        return true;
      });
    }
  }

  private noteMarker(batch: RecordBatch, writtenMs: number): AbortedTransaction | null {
    const marker = decodeMarker(batch);
    if (marker === null) return null;
    const { producerId } = batch;
    this.producers.recordMarker({ ...producerOf(batch), ...marker }, writtenMs);
    const ended = this.transactions.end(producerId, batch.lastOffset, !marker.isCommit);
    if (ended?.isAborted !== true) return null;
    const { firstOffset, lastOffset } = ended;
    return { producerId, firstOffset, lastOffset, lastStableOffset: this.transactions.stableBefore(batch.nextOffset) };
  }
}

const producerOf = ({ producerId, producerEpoch }: RecordBatch) => ({ producerId, producerEpoch });

function* openTransactions(producers: ProducerStates): Iterable<[producerId: bigint, firstOffset: bigint]> {
  for (const [producerId, { currentTxnFirstOffset }] of producers.entries()) {
    if (currentTxnFirstOffset >= 0n) yield [producerId, currentTxnFirstOffset];
  }
}
