import { Backoff, unlessAborted } from './backoff.js';
import type { Cluster } from './cluster.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError, transactionFailure } from './kafka-errors.js';
import { MetadataWaiters } from './metadata-waiters.js';
import { partitionOfKey } from './murmur2.js';
import { Delivery, PartitionQueue, type PendingBatch } from './partition-queue.js';
import { produce, type PartitionProduceResult } from './produce-request.js';
import { ProducerIdentities, type ProducerSession } from './producer-identities.js';
import { problemWithRecord } from './outgoing-record.js';
import { estimatedRecordBytes } from './record-batch-builder.js';
import { StreamClientError, type OutgoingRecord, type StreamProducer } from './types.js';

export interface ProducerLimits {
  /** Encoded bytes that wait for an acknowledgement at most. Default 32 MiB. Beyond it `send` waits for room. */
  readonly bufferBytesMax: number;
  /** Calls of `send` that wait for room at most, and as many for metadata. Default 10,000. Beyond it `send` rejects at once. */
  readonly waitingSendsMax: number;
  /** Bytes of one request at most, unless a single batch is larger. Default 4 MiB. */
  readonly requestBytesMax: number;
  readonly deliveryTimeoutMs: number;
}

export const DEFAULT_PRODUCER_LIMITS: ProducerLimits = {
  bufferBytesMax: 32 * 1024 * 1024,
  waitingSendsMax: 10_000,
  requestBytesMax: 4 * 1024 * 1024,
  deliveryTimeoutMs: 120_000,
};

const CLOSE_TIMEOUT_MS = 3_000;
const REQUESTS_PER_BROKER_MAX = 2;
const BROKER_TIMEOUT_MS = 20_000;

/** Failures after which trying again would not help. */
const FINAL: ReadonlySet<StreamClientError['code']> = new Set(['CLOSED', 'TRANSACTION_FAILED', 'PRODUCER_FENCED']);

interface WaitingSend {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly delivery: Delivery;
}

/**
 * An idempotent producer (acks=all). Records are encoded into one open batch per partition as they come; a partition has
 * one batch on the wire at a time, and what arrives meanwhile becomes the next batch. So batches grow with the load and
 * an idle producer sends at once: there is no linger to tune. One batch in flight also keeps order through retries.
 *
 * Each partition carries its own producer id and sequence. A batch whose fate is unknown when its time is over leaves a
 * gap in the sequence: that partition alone goes on under a fresh producer id.
 */
export class BatchingProducer implements StreamProducer {
  readonly #cluster: Cluster;
  readonly #limits: ProducerLimits;
  readonly #onFailure: (failure: StreamClientError) => void;
  readonly #queues = new Map<string, Map<number, PartitionQueue>>();
  readonly #waiting: WaitingSend[] = [];
  readonly #inFlight = new Map<number, number>();
  readonly #abort = new AbortController();
  readonly #unknown: MetadataWaiters;
  readonly #identities: ProducerSession;
  readonly #backoff = new Backoff(50, 1000);
  #bufferedBytes = 0;
  #scheduled = false;
  #resuming: NodeJS.Timeout | undefined;
  #closing = false;
  #lastDeadlineMs = Number.POSITIVE_INFINITY;
  #idle: (() => void) | undefined;

  constructor(
    cluster: Cluster,
    limits: Partial<ProducerLimits> = {},
    onFailure: (failure: StreamClientError) => void = () => undefined,
    session?: ProducerSession,
  ) {
    this.#cluster = cluster;
    this.#unknown = new MetadataWaiters(cluster, this.#abort.signal);
    this.#identities = session ?? new ProducerIdentities(cluster, this.#abort.signal);
    this.#onFailure = onFailure;
    this.#limits = { ...DEFAULT_PRODUCER_LIMITS, ...limits };
  }

  /** Checks that a broker can be reached, so that a wrong address fails early. */
  async connect(): Promise<void> {
    await this.#identities.current(Date.now() + this.#limits.deliveryTimeoutMs);
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#closing) return Promise.reject(new StreamClientError('CLOSED', 'the producer is closed'));
    if (records.length === 0) return Promise.resolve();
    const delivery = new Delivery(records.length, Date.now() + this.#limits.deliveryTimeoutMs);
    let bytes = 0;
    for (const record of records) {
      const problem = problemWithRecord(record);
      if (problem !== null) return Promise.reject(new StreamClientError('INVALID_RECORD', problem));
      bytes += estimatedRecordBytes(record);
    }
    const isUnknown = this.#unknown.isNeededFor(records);
    if ((isUnknown ? this.#unknown.size : this.#waiting.length) >= this.#limits.waitingSendsMax) {
      const what = isUnknown ? 'topics that are not known' : 'buffer space';
      delivery.fail(new StreamClientError('DELIVERY_FAILED', `too many sends are waiting for ${what}`));
    } else if (isUnknown) {
      this.#unknown.wait({
        records,
        deadlineMs: delivery.deadlineMs,
        onKnown: () => this.#enter({ records, bytes, delivery }),
        onFailure: (failure) => {
          delivery.fail(failure);
          this.#noteIdle();
        },
      });
    } else {
      this.#enter({ records, bytes, delivery });
    }
    return delivery.promise;
  }

  /** Into the buffer, or behind those who wait for room. */
  #enter(send: WaitingSend): void {
    if (this.#waiting.length === 0 && this.#hasRoom(send.bytes)) {
      this.#append(send.records, send.bytes, send.delivery);
    } else {
      this.#waiting.push(send);
      this.#admit();
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#lastDeadlineMs = Date.now() + CLOSE_TIMEOUT_MS;
    const overdue = setTimeout(() => {
      // What is on the wire fails with its connection, what waits for metadata or a producer id gives up; all has expired.
      this.#abort.abort(new StreamClientError('CLOSED', 'the producer was closed before this was acknowledged'));
      void this.#cluster.connections.release('produce');
      this.#schedule();
      this.#admit();
    }, CLOSE_TIMEOUT_MS);
    while (this.#isBusy()) {
      await new Promise<void>((resolve) => (this.#idle = resolve));
    }
    clearTimeout(overdue);
    this.#abort.abort();
    clearTimeout(this.#resuming);
  }

  #hasRoom(bytes: number): boolean {
    return this.#bufferedBytes === 0 || this.#bufferedBytes + bytes <= this.#limits.bufferBytesMax;
  }

  /** Lets sends in that wait for room, in call order. Acknowledgements and expiry call again. */
  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const isOverdue = Date.now() >= Math.min(next.delivery.deadlineMs, this.#lastDeadlineMs);
      if (!isOverdue && !this.#hasRoom(next.bytes)) return;
      this.#waiting.shift();
      if (isOverdue) {
        next.delivery.fail(new StreamClientError('DELIVERY_FAILED', 'timed out waiting for buffer space'));
      } else {
        this.#append(next.records, next.bytes, next.delivery);
      }
    }
    this.#noteIdle();
  }

  #append(records: readonly OutgoingRecord[], bytes: number, delivery: Delivery): void {
    const nowMs = Date.now();
    const bytesPerRecord = bytes / records.length;
    for (const record of records) {
      const count = this.#cluster.partitionCount(record.topic) ?? 1;
      const partition = record.partition ?? this.#choosePartition(record, count);
      this.#bufferedBytes += this.#queue(record.topic, partition).append(record, nowMs, delivery, bytesPerRecord);
    }
    this.#schedule();
  }

  #roundRobin = 0;
  #choosePartition(record: OutgoingRecord, count: number): number {
    if (record.key !== null) return partitionOfKey(record.key, count);
    return this.#roundRobin++ % count;
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let partitions = this.#queues.get(topic);
    if (!partitions) this.#queues.set(topic, (partitions = new Map<number, PartitionQueue>()));
    let queue = partitions.get(partition);
    if (!queue) partitions.set(partition, (queue = new PartitionQueue(topic, partition)));
    return queue;
  }

  /** Sends of the same turn of the event loop share a request. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  /** Looks again later. Whoever is still backing off then asks again. */
  #resumeIn(ms: number): void {
    this.#resuming ??= setTimeout(
      () => {
        this.#resuming = undefined;
        this.#schedule();
        this.#admit();
      },
      Math.max(0, ms),
    );
  }

  /** Puts the next batch of every idle partition on the wire. */
  #dispatch(): void {
    const nowMs = Date.now();
    const byLeader = new Map<number, PendingBatch[]>();
    let needsMetadata = false;
    for (const partitions of this.#queues.values()) {
      for (const queue of partitions.values()) {
        const batch = queue.peek();
        if (!batch) continue;
        if (nowMs >= Math.min(batch.deadlineMs, this.#lastDeadlineMs)) {
          this.#fail(
            batch,
            new StreamClientError('DELIVERY_FAILED', `not acknowledged in time: ${batch.lastFailure()}`),
          );
          this.#schedule();
          continue;
        }
        if (queue.waitsUntilMs > nowMs) {
          this.#resumeIn(queue.waitsUntilMs - nowMs);
          continue;
        }
        const leader = this.#cluster.leaderOf(queue.topic, queue.partition);
        if (leader === undefined) {
          needsMetadata = true;
          continue;
        }
        const batches = byLeader.get(leader);
        if (batches) batches.push(batch);
        else byLeader.set(leader, [batch]);
      }
    }
    for (const [leader, batches] of byLeader) this.#sendTo(leader, batches);
    if (needsMetadata) void this.#refreshMetadata();
  }

  #sendTo(leader: number, batches: readonly PendingBatch[]): void {
    const inFlight = this.#inFlight.get(leader) ?? 0;
    if (inFlight >= REQUESTS_PER_BROKER_MAX) return; // the next answer dispatches again
    const chosen: PendingBatch[] = [];
    let bytes = 0;
    for (const batch of batches) {
      if (chosen.length > 0 && bytes + batch.builder.byteLength > this.#limits.requestBytesMax) break;
      bytes += batch.builder.byteLength;
      chosen.push(batch);
      batch.queue.take(batch);
    }
    this.#inFlight.set(leader, inFlight + 1);
    void this.#request(leader, chosen).finally(() => {
      this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 1) - 1);
      this.#schedule();
      if (this.#waiting.length > 0) this.#admit();
      this.#noteIdle();
    });
  }

  async #request(leader: number, batches: readonly PendingBatch[]): Promise<void> {
    let results: readonly PartitionProduceResult[];
    let wasSent = false;
    try {
      await this.#identify(batches);
      const { transactionalId } = this.#identities;
      const queues = batches.map(({ queue }) => queue);
      await this.#identities.enlist(queues, batches[0]!.deadlineMs);
      const connection = await this.#cluster.connectionTo(leader, 'produce');
      const partitions = batches.map((batch) => batch.encoded(transactionalId !== null));
      wasSent = true;
      results = await produce(connection, partitions, BROKER_TIMEOUT_MS, transactionalId);
    } catch (error) {
      const failure = asStreamClientError(error, 'BROKER_UNREACHABLE', 'produce failed');
      this.#onFailure(failure);
      for (const batch of batches) {
        if (wasSent) batch.mayBeInLog = true;
        this.#retry(batch, failure);
      }
      void this.#refreshMetadata();
      return;
    }
    this.#backoff.reset();
    const unanswered = new Set(batches);
    for (const result of results) {
      const batch = batches.find(({ queue }) => queue.topic === result.topic && queue.partition === result.partition);
      if (!batch || !unanswered.delete(batch)) continue;
      this.#settle(batch, result);
    }
    for (const batch of unanswered) {
      batch.mayBeInLog = true;
      this.#retry(batch, new StreamClientError('DELIVERY_FAILED', 'no answer for batch'));
    }
  }

  #settle(batch: PendingBatch, { errorCode, errorMessage }: PartitionProduceResult): void {
    if (errorCode === E.NONE || errorCode === E.DUPLICATE_SEQUENCE_NUMBER) {
      batch.queue.acknowledge(batch);
      this.#bufferedBytes -= batch.bufferedBytes;
      batch.succeed();
      return;
    }
    const cause = new KafkaResponseError(errorCode, `${batch.queue.topic}-${batch.queue.partition}`, errorMessage);
    const failure = new StreamClientError('DELIVERY_FAILED', cause.message, { cause });
    this.#onFailure(failure);
    if (this.#identities.transactionalId !== null && !cause.retriable) {
      this.#fail(batch, transactionFailure(cause));
      return;
    }
    switch (errorCode) {
      case E.OUT_OF_ORDER_SEQUENCE_NUMBER:
      case E.UNKNOWN_PRODUCER_ID:
      case E.INVALID_PRODUCER_EPOCH:
      case E.PRODUCER_FENCED:
        // Everything before this batch is acknowledged, so the broker has lost our state and does not hold this batch:
        // sending it under a new identity cannot double it.
        this.#identities.retire();
        batch.queue.forgetIdentity();
        batch.forgetIdentity();
        this.#retry(batch, failure);
        return;
      default:
        if (!cause.retriable) {
          this.#fail(batch, failure); // its sequence is free again, unless an earlier attempt may have used it up
          return;
        }
        batch.mayBeInLog = true; // REQUEST_TIMED_OUT, KAFKA_STORAGE_ERROR and others come after an append, too
        this.#retry(batch, failure);
        void this.#refreshMetadata();
    }
  }

  /** Back to the head of its partition. */
  #retry(batch: PendingBatch, failure: StreamClientError): void {
    if (FINAL.has(failure.code)) {
      this.#fail(batch, failure);
      return;
    }
    const delayMs = this.#backoff.nextMs();
    batch.failed(failure);
    batch.queue.putBack(batch, Date.now() + delayMs);
    this.#resumeIn(delayMs);
  }

  #fail(batch: PendingBatch, failure: StreamClientError): void {
    // Its sequence may be used up: the partition must not go on under the same producer id.
    if (batch.mayBeInLog) this.#identities.retire();
    batch.queue.drop(batch);
    this.#bufferedBytes -= batch.bufferedBytes;
    batch.fail(failure);
    this.#noteIdle();
  }

  async #refreshMetadata(): Promise<void> {
    try {
      await this.#cluster.refresh();
    } catch {
      // The batches keep waiting; the next round asks again.
    }
    this.#resumeIn(this.#backoff.nextMs());
  }

  async #identify(batches: readonly PendingBatch[]): Promise<void> {
    if (batches.every((batch) => batch.isIdentified)) return;
    const identity = await unlessAborted(this.#identities.current(batches[0]!.deadlineMs), this.#abort.signal);
    for (const batch of batches) batch.identify(identity);
  }

  #isBusy(): boolean {
    return this.#unknown.size > 0 || this.#waiting.length > 0 || this.#bufferedBytes > 0;
  }

  #noteIdle(): void {
    if (this.#idle && !this.#isBusy()) {
      this.#idle();
      this.#idle = undefined;
    }
  }
}
