import type { PartitionProduce } from './produce-request.js';
import { RecordBatchBuilder, type ProducerIdentity } from './record-batch-builder.js';
import type { OutgoingRecord, StreamClientError } from './types.js';

const BATCH_BYTES_MAX = 256 * 1024;
const SEQUENCE_MAX = 0x7fffffff;

/** What one call of `send` waits for. */
export class Delivery {
  readonly promise: Promise<void>;
  #remaining: number;
  #resolve!: () => void;
  #reject!: (error: StreamClientError) => void;

  constructor(
    records: number,
    readonly deadlineMs: number,
  ) {
    this.#remaining = records;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  acknowledge(records: number): void {
    this.#remaining -= records;
    if (this.#remaining === 0) this.#resolve();
  }

  fail(error: StreamClientError): void {
    this.#reject(error);
  }
}

/** Records of one partition that travel together, and who waits for them. */
export class PendingBatch {
  readonly builder = new RecordBatchBuilder();
  readonly #deliveries: { readonly delivery: Delivery; records: number }[] = [];
  #identity: ProducerIdentity | undefined;
  #sequence = 0;
  #failure: StreamClientError | undefined;
  /** True once an attempt got no final answer: whatever later ones are told, it may be in the log. */
  mayBeInLog = false;

  constructor(
    readonly queue: PartitionQueue,
    readonly deadlineMs: number,
  ) {}

  get isIdentified(): boolean {
    return this.#identity !== undefined;
  }

  get bufferedBytes(): number {
    return this.builder.byteLength;
  }

  add(record: OutgoingRecord, nowMs: number, delivery: Delivery): void {
    this.builder.add(record, nowMs);
    const last = this.#deliveries.at(-1);
    if (last?.delivery === delivery) last.records++;
    else this.#deliveries.push({ delivery, records: 1 });
  }

  /** Fixes producer id and sequence at the first attempt; later attempts repeat them, which makes them idempotent. */
  identify(identity: ProducerIdentity): void {
    if (this.#identity) return;
    const next = this.queue.nextSequence(identity);
    this.#identity = next.identity;
    this.#sequence = next.sequence;
  }

  forgetIdentity(): void {
    this.#identity = undefined;
    this.mayBeInLog = false;
  }

  encoded(isTransactional: boolean): PartitionProduce {
    if (!this.#identity) throw new Error('a batch is encoded only after identify()');
    const batch = this.builder.finish(this.#identity, this.#sequence, isTransactional);
    return { topic: this.queue.topic, partition: this.queue.partition, batch };
  }

  failed(failure: StreamClientError): void {
    this.#failure = failure;
  }

  lastFailure(): string {
    return this.#failure?.message ?? 'no leader for the partition';
  }

  succeed(): void {
    for (const { delivery, records } of this.#deliveries) delivery.acknowledge(records);
  }

  fail(error: StreamClientError): void {
    for (const { delivery } of this.#deliveries) delivery.fail(error);
  }
}

/** The batches of one partition in order; one of them at most is on the wire. */
export class PartitionQueue {
  readonly #batches: PendingBatch[] = [];
  #onTheWire: PendingBatch | undefined;
  #identity: ProducerIdentity | undefined;
  #nextSequence = 0;
  waitsUntilMs = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  /** Encodes a record into the open batch; gives the bytes by which the buffer grew. */
  append(record: OutgoingRecord, nowMs: number, delivery: Delivery, estimatedBytes: number): number {
    let open = this.#batches.at(-1);
    let before = open?.bufferedBytes ?? 0;
    // A batch that was tried has its bytes and sequence fixed; only a fresh one takes more.
    if (!open || open.isIdentified || open.bufferedBytes + estimatedBytes > BATCH_BYTES_MAX) {
      open = new PendingBatch(this, delivery.deadlineMs);
      this.#batches.push(open);
      before = 0;
    }
    open.add(record, nowMs, delivery);
    return open.bufferedBytes - before;
  }

  /** The next batch to send, if none is on the wire. */
  peek(): PendingBatch | undefined {
    return this.#onTheWire ? undefined : this.#batches[0];
  }

  take(batch: PendingBatch): void {
    this.#batches.shift();
    this.#onTheWire = batch;
  }

  putBack(batch: PendingBatch, waitsUntilMs: number): void {
    this.#onTheWire = undefined;
    this.#batches.unshift(batch);
    this.waitsUntilMs = waitsUntilMs;
  }

  acknowledge(batch: PendingBatch): void {
    this.#onTheWire = undefined;
    this.waitsUntilMs = 0;
    this.#nextSequence = (this.#nextSequence + batch.builder.recordCount) & SEQUENCE_MAX;
  }

  /** Gives up a batch. If it may be in the log, its sequence is not to be used again. */
  drop(batch: PendingBatch): void {
    if (this.#onTheWire === batch) this.#onTheWire = undefined;
    else if (this.#batches[0] === batch) this.#batches.shift();
    this.waitsUntilMs = 0;
    if (batch.mayBeInLog) this.forgetIdentity();
  }

  forgetIdentity(): void {
    this.#identity = undefined;
  }

  nextSequence(fresh: ProducerIdentity): { readonly identity: ProducerIdentity; readonly sequence: number } {
    if (!this.#identity) {
      this.#identity = fresh;
      this.#nextSequence = 0;
    }
    return { identity: this.#identity, sequence: this.#nextSequence };
  }
}
