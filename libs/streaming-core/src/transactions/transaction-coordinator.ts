import type { KafkaErrorName } from '../wire/error-codes.js';
import type {
  AddPartitionsInput,
  EndInput,
  InitInput,
  ProducerIdentity,
  RequestId,
  TransactionCoordinatorConfig,
  TransactionEffect,
  TransactionRequest,
  TransactionResponse,
} from './coordinator-types.js';
import { StatePartitions } from './state-partitions.js';
import { dueAtMs, isDecided, isIdle, newEntry, type TransactionEntry } from './transaction-entry.js';
import { checkEnd, checkProducer, isExpectedProducer } from './transaction-checks.js';
import {
  decodeTransaction,
  decodeTransactionKey,
  encodeTransaction,
  encodeTransactionKey,
} from './transaction-records.js';
import {
  addPartitions,
  bumpEpoch,
  complete,
  newMetadata,
  prepareEnd,
  prepareFence,
  rotateProducerId,
} from './transaction-transitions.js';
import {
  isEpochExhausted,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  partitionName,
  type TopicPartition,
  type TransactionMetadata,
} from './transaction-types.js';

const NOBODY: ProducerIdentity = { producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH };
const RETRY_MS = 1_000;

/**
 * All transactional ids of one broker, as a deterministic machine: inputs in, effects out, no clock and no I/O (KIP-98, KIP-360,
 * KIP-890). Every step is a record of `__transaction_state` first and counts once that is durable; so after a restart each
 * transaction is where its last record says, and one whose outcome was decided is completed. All times are wall time.
 */
export class TransactionCoordinator {
  readonly #config: TransactionCoordinatorConfig;
  readonly #entries = new Map<string, TransactionEntry>();
  readonly #partitions: StatePartitions;
  readonly #onAppended = new Map<number, (error: KafkaErrorName, nowMs: number) => void>();
  #effects: TransactionEffect[] = [];
  #lastAppendId = 0;

  constructor(config: TransactionCoordinatorConfig) {
    this.#config = config;
    this.#partitions = new StatePartitions(config.statePartitions);
  }

  /** Why this broker cannot answer for a transactional id now, or `NONE`. */
  availability(transactionalId: string): KafkaErrorName {
    return this.#partitions.availability(transactionalId);
  }

  get isLoading(): boolean {
    return this.#partitions.isLoading;
  }

  startLoading(partition: number): void {
    this.#partitions.startLoading(partition);
  }

  /** One record of `__transaction_state`, while its partition is loading, in log order. Throws WireError on garbage. */
  load(key: Buffer, value: Buffer | null): void {
    const transactionalId = decodeTransactionKey(key);
    if (transactionalId === null) return;
    const metadata = value === null ? null : decodeTransaction(transactionalId, value);
    if (metadata === null || metadata.state === 'Dead') this.#entries.delete(transactionalId);
    else this.#entries.set(transactionalId, newEntry(metadata));
  }

  /** What a partition holds cannot be read: its transactional ids are not served, so that no outcome is decided twice. */
  failLoading(partition: number): void {
    this.#partitions.failLoading(partition);
  }

  /** Serves a partition from now on, and takes up what was decided before. `coordinatorEpoch` is its leader epoch. */
  finishLoading(partition: number, coordinatorEpoch: number): TransactionEffect[] {
    this.#partitions.finishLoading(partition, coordinatorEpoch);
    for (const [transactionalId, entry] of this.#entries) {
      const isHere = this.#partitions.of(transactionalId) === partition;
      if (isDecided(entry) && isHere) this.#writeMarkers(entry.metadata);
    }
    return this.#takeEffects();
  }

  /** A request of a client. The answer comes as a `reply` effect, now or once it is durable. */
  request(transactionalId: string, input: TransactionRequest, nowMs: number): TransactionEffect[] {
    const error = transactionalId === '' ? 'INVALID_REQUEST' : this.availability(transactionalId);
    if (error !== 'NONE') this.#fail(input.requestId, error);
    else if (input.type === 'init') this.#init(transactionalId, input, nowMs);
    else {
      const entry = this.#entries.get(transactionalId);
      if (entry === undefined) this.#fail(input.requestId, 'INVALID_PRODUCER_ID_MAPPING');
      else if (input.type === 'addPartitions') this.#addPartitions(entry, input, nowMs);
      else this.#end(entry, input, nowMs);
    }
    return this.#takeEffects();
  }

  /**
   * Whether a producer may write to a partition: it was added to the transaction that is under way. Else the error, where
   * TRANSACTION_ABORTABLE says that it was not added. Without effects.
   */
  verify(transactionalId: string, producer: ProducerIdentity, partition: TopicPartition): KafkaErrorName {
    if (transactionalId === '') return 'INVALID_REQUEST';
    const unavailable = this.availability(transactionalId);
    if (unavailable !== 'NONE') return unavailable;
    const entry = this.#entries.get(transactionalId);
    if (entry === undefined) return 'INVALID_PRODUCER_ID_MAPPING';
    const error = checkProducer(entry.metadata, producer);
    if (error !== 'NONE') return error;
    return entry.metadata.partitions.has(partitionName(partition)) ? 'NONE' : 'TRANSACTION_ABORTABLE';
  }

  /** Whether a step of the transactional id is under way that will end by itself: a record or markers being written. */
  isMoving(transactionalId: string): boolean {
    const entry = this.#entries.get(transactionalId);
    return entry !== undefined && (entry.pending !== null || isDecided(entry));
  }

  /** The end of an `append` effect. */
  appended(appendId: number, error: KafkaErrorName, nowMs: number): TransactionEffect[] {
    const callback = this.#onAppended.get(appendId);
    this.#onAppended.delete(appendId);
    callback?.(error, nowMs);
    return this.#takeEffects();
  }

  /** The end of a `writeMarkers` effect. */
  markersWritten(transactionalId: string, nowMs: number): TransactionEffect[] {
    const entry = this.#entries.get(transactionalId);
    if (entry?.pending === null && isDecided(entry)) {
      entry.areMarkersWritten = true;
      this.#complete(entry, nowMs);
    }
    return this.#takeEffects();
  }

  /** Aborts transactions that have been under way for longer than their timeout, and tries again to complete those that are not. */
  tick(nowMs: number): TransactionEffect[] {
    for (const [transactionalId, entry] of this.#entries) {
      if (dueAtMs(entry) > nowMs) continue;
      if (entry.areMarkersWritten) {
        this.#complete(entry, nowMs);
        continue;
      }
      this.#effects.push({ type: 'timedOut', transactionalId, producerId: entry.metadata.producerId });
      this.#fence(entry, nowMs, (error, failedAtMs) => {
        if (error !== 'NONE') entry.retryAtMs = failedAtMs + RETRY_MS;
      });
    }
    return this.#takeEffects();
  }

  /** When `tick` is due: for one transactional id, or for the first of all. Wall time; Infinity for never. */
  nextDeadlineMs(transactionalId?: string): number {
    if (transactionalId !== undefined) {
      const entry = this.#entries.get(transactionalId);
      return entry === undefined ? Infinity : dueAtMs(entry);
    }
    let nextMs = Infinity;
    for (const entry of this.#entries.values()) nextMs = Math.min(nextMs, dueAtMs(entry));
    return nextMs;
  }

  /** Forgets transactional ids that nobody used for the expiration time. */
  expireIds(nowMs: number): TransactionEffect[] {
    for (const [transactionalId, entry] of this.#entries) {
      const isOld = entry.metadata.updatedAtMs + this.#config.idExpirationMs < nowMs;
      if (isOld && isIdle(entry)) this.#forget(transactionalId, entry);
    }
    return this.#takeEffects();
  }

  get(transactionalId: string): TransactionMetadata | undefined {
    return this.#entries.get(transactionalId)?.metadata;
  }

  all(): TransactionMetadata[] {
    return [...this.#entries.values()].map(({ metadata }) => metadata);
  }

  /** For shutdown: nothing is served any more. */
  unloadAll(): void {
    this.#partitions.unloadAll();
    this.#entries.clear();
    this.#onAppended.clear();
  }

  #init(transactionalId: string, input: InitInput, nowMs: number): void {
    const { requestId, timeoutMs } = input;
    if (timeoutMs <= 0 || timeoutMs > this.#config.maxTimeoutMs) {
      this.#fail(requestId, 'INVALID_TRANSACTION_TIMEOUT');
      return;
    }
    let entry = this.#entries.get(transactionalId);
    if (entry === undefined) {
      if (this.#entries.size >= this.#config.maxTransactionalIds) {
        this.#fail(requestId, 'POLICY_VIOLATION');
        return;
      }
      const producerId = this.#takeProducerId();
      if (producerId === null) {
        this.#fail(requestId, 'COORDINATOR_NOT_AVAILABLE');
        return;
      }
      entry = newEntry(newMetadata(transactionalId, producerId, timeoutMs, nowMs));
      this.#entries.set(transactionalId, entry);
    }
    this.#beginAnew(entry, input, nowMs);
  }

  #beginAnew(entry: TransactionEntry, { requestId, timeoutMs, expected }: InitInput, nowMs: number): void {
    const { metadata } = entry;
    if (entry.pending !== null) {
      this.#fail(requestId, 'CONCURRENT_TRANSACTIONS');
      return;
    }
    if (expected !== null && !isExpectedProducer(metadata, expected)) {
      this.#fail(requestId, 'PRODUCER_FENCED');
      return;
    }
    switch (metadata.state) {
      case 'PrepareCommit':
      case 'PrepareAbort':
        this.#fail(requestId, 'CONCURRENT_TRANSACTIONS');
        return;
      case 'Ongoing':
        // The client asks again once the transaction that it found is aborted, and then gets an epoch of its own.
        this.#fence(entry, nowMs, (error) =>
          this.#fail(requestId, error === 'NONE' ? 'CONCURRENT_TRANSACTIONS' : error),
        );
        return;
      default: {
        const next = this.#nextEpoch(metadata, timeoutMs, expected?.producerEpoch ?? null, nowMs);
        if (typeof next === 'string') this.#fail(requestId, next);
        else this.#moveAndReply(entry, next, requestId);
      }
    }
  }

  #nextEpoch(
    metadata: TransactionMetadata,
    timeoutMs: number,
    expectedEpoch: number | null,
    nowMs: number,
  ): TransactionMetadata | KafkaErrorName {
    const { producerEpoch } = metadata;
    const isCurrent = expectedEpoch === null || expectedEpoch === producerEpoch;
    if (!isEpochExhausted(producerEpoch) || !isCurrent) {
      return bumpEpoch(metadata, timeoutMs, expectedEpoch, nowMs) ?? 'PRODUCER_FENCED';
    }
    const producerId = this.#takeProducerId();
    if (producerId === null) return 'COORDINATOR_NOT_AVAILABLE';
    return rotateProducerId(metadata, producerId, timeoutMs, expectedEpoch !== null, nowMs);
  }

  #addPartitions(entry: TransactionEntry, input: AddPartitionsInput, nowMs: number): void {
    const { metadata, pending } = entry;
    const error = checkProducer(metadata, input);
    const isKnown = input.partitions.every((each) => metadata.partitions.has(partitionName(each)));
    if (error !== 'NONE') this.#fail(input.requestId, error);
    else if (pending !== null) this.#fail(input.requestId, 'CONCURRENT_TRANSACTIONS');
    else if (metadata.state === 'Ongoing' && isKnown) this.#reply(input.requestId, 'NONE', metadata);
    else {
      const next = addPartitions(metadata, input.partitions, input.clientVersion, nowMs);
      this.#moveAndReply(entry, next, input.requestId);
    }
  }

  #end(entry: TransactionEntry, input: EndInput, nowMs: number): void {
    const { metadata } = entry;
    const verdict = checkEnd(metadata, input, entry.pending !== null);
    if (verdict !== 'end') {
      this.#reply(input.requestId, verdict, verdict === 'NONE' ? metadata : NOBODY);
      return;
    }
    const rotates = input.clientVersion === 2 && isEpochExhausted(metadata.producerEpoch);
    const nextProducerId = rotates ? this.#takeProducerId() : NO_PRODUCER_ID;
    if (nextProducerId === null) {
      this.#fail(input.requestId, 'COORDINATOR_NOT_AVAILABLE');
      return;
    }
    const decided = prepareEnd(metadata, input.isCommit, input.clientVersion, nextProducerId, nowMs);
    this.#move(entry, decided, (error) => {
      if (error !== 'NONE') {
        this.#fail(input.requestId, error);
        return;
      }
      // The outcome is durable: the client may know, the markers follow.
      this.#reply(input.requestId, 'NONE', rotates ? { producerId: nextProducerId, producerEpoch: 0 } : decided);
      this.#writeMarkers(decided);
    });
  }

  #complete(entry: TransactionEntry, nowMs: number): void {
    this.#move(entry, complete(entry.metadata, nowMs), (error, endedAtMs) => {
      if (error === 'NONE') entry.areMarkersWritten = false;
      else entry.retryAtMs = endedAtMs + RETRY_MS;
    });
  }

  #fence(entry: TransactionEntry, nowMs: number, then: (error: KafkaErrorName, nowMs: number) => void): void {
    const fenced = prepareFence(entry.metadata, nowMs);
    this.#move(entry, fenced, (error, endedAtMs) => {
      if (error === 'NONE') this.#writeMarkers(fenced);
      then(error, endedAtMs);
    });
  }

  #forget(transactionalId: string, entry: TransactionEntry): void {
    entry.pending = { ...entry.metadata, state: 'Dead' };
    this.#append(transactionalId, null, (error) => {
      entry.pending = null;
      if (error === 'NONE') this.#entries.delete(transactionalId);
    });
  }

  #moveAndReply(entry: TransactionEntry, next: TransactionMetadata, requestId: RequestId): void {
    this.#move(entry, next, (error) => this.#reply(requestId, error, error === 'NONE' ? next : NOBODY));
  }

  /** Logs the next metadata; it counts from when it is durable. If that fails, all is as before. */
  #move(
    entry: TransactionEntry,
    next: TransactionMetadata,
    then: (error: KafkaErrorName, nowMs: number) => void,
  ): void {
    entry.pending = next;
    this.#append(next.transactionalId, encodeTransaction(next), (error, nowMs) => {
      entry.pending = null;
      if (error === 'NONE') entry.metadata = next;
      then(error, nowMs);
    });
  }

  #append(transactionalId: string, value: Buffer | null, then: (error: KafkaErrorName, nowMs: number) => void): void {
    const appendId = ++this.#lastAppendId;
    this.#onAppended.set(appendId, then);
    const partition = this.#partitions.of(transactionalId);
    const key = encodeTransactionKey(transactionalId);
    this.#effects.push({ type: 'append', appendId, transactionalId, partition, key, value });
  }

  #writeMarkers({ transactionalId, producerId, producerEpoch, state, partitions }: TransactionMetadata): void {
    const coordinatorEpoch = this.#partitions.epochFor(transactionalId);
    const isCommit = state === 'PrepareCommit';
    this.#effects.push({
      type: 'writeMarkers',
      markers: {
        transactionalId,
        producerId,
        producerEpoch,
        isCommit,
        coordinatorEpoch,
        partitions: [...partitions.values()],
      },
    });
  }

  #takeProducerId(): bigint | null {
    try {
      return this.#config.nextProducerId();
    } catch {
      return null;
    }
  }

  #fail(requestId: RequestId, error: KafkaErrorName): void {
    this.#reply(requestId, error, NOBODY);
  }

  #reply(requestId: RequestId, error: KafkaErrorName, { producerId, producerEpoch }: ProducerIdentity): void {
    const response: TransactionResponse = { error, producerId, producerEpoch };
    this.#effects.push({ type: 'reply', requestId, response });
  }

  #takeEffects(): TransactionEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
