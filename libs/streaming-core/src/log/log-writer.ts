import { strict as assert } from 'node:assert';
import type { Clock } from '../ports/clock.js';
import { completeBatches, type RecordBatch } from '../wire/records/record-batch.js';
import type { LogState } from './log-state.js';
import { Segment } from './segment.js';
import type { WriteGate } from './write-gate.js';

export interface AppendedBatches {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  /** Where the topic keeps append time, else -1; of a duplicate the first one's timestamp, whoever set it (as Kafka has it). */
  readonly logAppendTimeMs: number;
  /** The batch was in the log already (an idempotent producer's retry); the offsets are the first one's. */
  readonly duplicate: boolean;
}

const MAX_SEGMENT_SPAN = 0x7fffffffn;

/** Writes to the end of a log and begins a new segment where one is due. */
export class LogWriter {
  constructor(
    private readonly state: LogState,
    private readonly gate: WriteGate,
    private readonly clock: Clock,
    private readonly strictDurability: boolean,
  ) {}

  /** See {@link PartitionLog.append}. */
  append(records: Buffer, leaderEpoch: number): AppendedBatches {
    const { state } = this;
    assert(!state.isClosed, 'the log is closed');
    const batches = [...completeBatches(records)];
    assert(batches.length > 0, 'at least one whole batch');
    // Before the ledger is asked: while a repair is due it remembers batches that are about to be cut.
    this.gate.pass();
    const known = state.ledger.check(batches);
    if (known !== null) {
      const { firstOffset: baseOffset, lastOffset, timestampMs: logAppendTimeMs } = known;
      return { baseOffset, lastOffset, logAppendTimeMs, duplicate: true };
    }
    const nowMs = this.clock.nowMs();
    const baseOffset = state.endOffset;
    const usesAppendTime = state.config.timestampType === 'LogAppendTime';
    try {
      for (const batch of batches) {
        batch.stamp(state.endOffset, leaderEpoch);
        if (usesAppendTime) batch.stampLogAppendTime(BigInt(nowMs));
        this.write(batch, nowMs);
      }
    } catch (error) {
      throw this.gate.fail(error, baseOffset);
    }
    return {
      baseOffset,
      lastOffset: state.endOffset - 1n,
      logAppendTimeMs: usesAppendTime ? nowMs : -1,
      duplicate: false,
    };
  }

  /** See {@link PartitionLog.roll}. */
  roll(): void {
    const { state } = this;
    const { active } = state;
    if (active.size === 0) return;
    if (this.strictDurability) this.syncBeforeRoll();
    active.seal();
    state.ledger.save(state.place, state.endOffset);
    const next = this.beginSegment();
    state.unsynced.push(active);
    state.segments.add(next);
    state.activeSinceMs = this.clock.nowMs();
    state.isCheckpointDue = true;
  }

  /** Whether the active segment is old enough to be rolled (`segment.ms`). */
  isRollDue(nowMs: number): boolean {
    const { active, activeSinceMs, config } = this.state;
    const segmentMs = config.compact ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs;
    return active.size > 0 && nowMs - activeSinceMs >= segmentMs;
  }

  private write(batch: RecordBatch, nowMs: number): void {
    const { state } = this;
    if (this.mustRollFor(batch, nowMs)) this.roll();
    const { active } = state;
    if (active.size === 0) state.activeSinceMs = nowMs;
    active.append(batch);
    state.endOffset = batch.nextOffset;
    state.uncheckedBytes += batch.sizeBytes;
    const aborted = state.ledger.note(batch, nowMs);
    if (aborted !== null) active.transactions.add(aborted);
  }

  private mustRollFor(batch: RecordBatch, nowMs: number): boolean {
    const { active, config } = this.state;
    return (
      (active.size > 0 && active.size + batch.sizeBytes > config.segmentBytes) ||
      batch.lastOffset - active.baseOffset > MAX_SEGMENT_SPAN ||
      this.isRollDue(nowMs)
    );
  }

  /** What a failed sync covered may be lost although the next one succeeds (Linux reports it once): so nothing of it stays. */
  private syncBeforeRoll(): void {
    try {
      this.state.active.file.syncNow();
    } catch (error) {
      throw this.gate.fail(error, this.state.durableOffset);
    }
  }

  private beginSegment(): Segment {
    const { state } = this;
    const { place, endOffset } = state;
    this.removeLeftover();
    const next = new Segment(place, endOffset);
    try {
      next.hold();
      place.storage.syncDirectory(place.directory);
    } catch (error) {
      state.leftover = next;
      this.removeLeftover();
      throw error;
    }
    return next;
  }

  /** Behind a segment that ends past its base it would hide what lies there. Its removal is durable with the next segment's name. */
  private removeLeftover(): void {
    this.state.leftover?.delete();
    this.state.leftover = null;
  }
}
