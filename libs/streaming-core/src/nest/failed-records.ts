import type { StreamProducer, StreamRecord } from '../client/types.js';
import type { RetryRules } from './consumer-definition.js';
import type { DeadLetters } from './dead-letters.js';
import { describeError } from './describe-error.js';
import { KeyLedger, type LadderPlace } from './key-ledger.js';
import { toRung, type Attempted } from './retry-ladder.js';
import type { StreamingMetrics } from './streaming-options.js';

export interface FailedRecordsParts {
  readonly groupId: string;
  readonly retry: RetryRules;
  readonly producer: StreamProducer;
  readonly deadLetters: DeadLetters;
  readonly metrics: StreamingMetrics;
  readonly nowMs: () => number;
  readonly warn: (message: string, error: unknown) => void;
}

/** With `ladderOrder: 'key'`: no further key may wait on the ladder now. */
export class LadderFull extends Error {
  override readonly name = 'LadderFull';
}

/** Where records go that could not be handled: up the ladder, then to the dead letters. Knows which keys wait. */
export class FailedRecords {
  readonly #parts: FailedRecordsParts;
  readonly #ledgers = new Map<string, KeyLedger>();

  constructor(parts: FailedRecordsParts) {
    this.#parts = parts;
  }

  /** True if the record has to wait because an older one of its key is on the ladder. */
  isHeldBack({ record }: Attempted): boolean {
    return this.#blockerOf(record) !== undefined;
  }

  /** True if {@link escalate} has somewhere to put a record. */
  get canEscalate(): boolean {
    const { retry } = this.#parts;
    return retry.ladderDelaysMs.length > 0 || retry.exhausted === 'dead-letter';
  }

  /**
   * After a failure: up to the next rung, on the last rung once more while attempts are left, else to the dead letters.
   * Resolves when that is acknowledged, with where it went.
   * @throws LadderFull when the record has to be retried where it is
   */
  async escalate(failed: Attempted, error: unknown): Promise<'ladder' | 'dead-letter'> {
    const { retry, nowMs, metrics, groupId } = this.#parts;
    const rungs = retry.ladderDelaysMs.length;
    // One that only waited behind others came up without attempts of its own: it has them left.
    const isOver = failed.attempts >= retry.attempts + rungs && retry.exhausted === 'dead-letter';
    if (rungs === 0 || isOver) {
      await this.bury(failed, describeError(error), 'failed');
      return 'dead-letter';
    }
    const rung = Math.min(failed.rung + 1, rungs);
    await this.#move(failed, { rung, dueMs: Math.round(nowMs() + retry.ladderDelaysMs[rung - 1]!) }, error);
    metrics.retried?.({ groupId, topic: failed.record.topic, where: 'ladder' });
    return 'ladder';
  }

  /** To where the older records of its key wait, and to be handled right after them. */
  async moveBehind(held: Attempted): Promise<void> {
    const blocker = this.#blockerOf(held.record);
    const { rung, dueMs } = blocker ?? { rung: Math.max(1, held.rung), dueMs: 0 };
    const place = { rung: Math.max(rung, held.rung), dueMs };
    await this.#move(held, place, 'waits behind an earlier record of its key');
  }

  /** To the dead letters. Resolves when that is acknowledged. */
  async bury(attempted: Attempted, reason: string, why: 'refused' | 'failed'): Promise<void> {
    const { record, attempts } = attempted;
    const { deadLetters, metrics, groupId, warn } = this.#parts;
    await deadLetters.add(record, reason, attempts);
    this.handled(attempted);
    metrics.deadLettered?.({ groupId, topic: record.topic, reason: why });
    warn(`${why}: ${record.topic}-${record.partition}@${record.offset} is put aside`, reason);
  }

  /** The record has left the ladder, if it was there. */
  handled({ record, rung }: Attempted): void {
    if (rung > 0 && record.key !== null) this.#ledger(record).remove(record.key, record.offset);
  }

  /** Notes a record that lay on a rung already when the partition was assigned. */
  found({ record, rung, dueMs }: Attempted): void {
    if (record.key !== null) this.#ledger(record).put(record.key, record.offset, { rung, dueMs });
  }

  /** Forgets who waits in a partition of an origin topic. */
  forget(topic: string, partition: number): void {
    this.#ledgers.delete(`${topic} ${partition}`);
  }

  async #move(attempted: Attempted, place: LadderPlace, error: unknown): Promise<void> {
    const { retry, groupId, producer } = this.#parts;
    const { record } = attempted;
    const { key, offset } = record;
    const sent = toRung({ ...attempted, rung: place.rung }, { groupId, dueMs: place.dueMs, error });
    if (retry.ladderOrder === 'none' || key === null) {
      await producer.send([sent]);
      return;
    }
    const ledger = this.#ledger(record);
    if (!ledger.has(key) && ledger.size >= retry.ladderKeysMax) {
      throw new LadderFull(`${ledger.size} keys of ${record.topic}-${record.partition} wait on the ladder`);
    }
    const before = ledger.placeOf(key, offset);
    ledger.put(key, offset, place);
    try {
      await producer.send([sent]);
    } catch (failure) {
      if (before) ledger.put(key, offset, before);
      else ledger.remove(key, offset);
      throw failure;
    }
  }

  #blockerOf(record: StreamRecord): LadderPlace | undefined {
    if (record.key === null || this.#parts.retry.ladderOrder === 'none') return undefined;
    return this.#ledger(record).blockerOf(record.key, record.offset);
  }

  #ledger({ topic, partition }: StreamRecord): KeyLedger {
    const name = `${topic} ${partition}`;
    let ledger = this.#ledgers.get(name);
    if (!ledger) this.#ledgers.set(name, (ledger = new KeyLedger()));
    return ledger;
  }
}
