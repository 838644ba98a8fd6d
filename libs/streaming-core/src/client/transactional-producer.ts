import type { Cluster } from './cluster.js';
import { keyOf } from './partition-key.js';
import { BatchingProducer } from './producer.js';
import type { ProducerSession } from './producer-identities.js';
import type { ProducerIdentity } from './record-batch-builder.js';
import { TransactionProtocol } from './transaction-protocol.js';
import {
  StreamClientError,
  type GroupMember,
  type OutgoingRecord,
  type TopicPartition,
  type TopicPartitionOffset,
  type Transaction,
  type TransactionalProducer,
  type TransactionalProducerOptions,
} from './types.js';

const TRANSACTION_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 3_000;

/** What one epoch of the transactional id writes with: after anything in doubt the next transaction has another. */
interface Epoch {
  readonly identity: ProducerIdentity;
  readonly producer: BatchingProducer;
  readonly enlisted: Enlisted;
}

/** See {@link TransactionalProducer}. Sends go through the batching producer, as one session of it per epoch. */
export class OneAtATimeTransactions implements TransactionalProducer {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  readonly #deliveryTimeoutMs: number;
  readonly #onFailure: (failure: StreamClientError) => void;
  readonly #protocol: TransactionProtocol;
  readonly #abort = new AbortController();
  #epoch: Epoch | undefined;
  /** The epoch to go on from, once the one that is in use is in doubt. */
  #last: ProducerIdentity | null = null;
  #open: OpenTransaction | undefined;
  #fenced: StreamClientError | undefined;
  #isClosed = false;

  constructor(
    cluster: Cluster,
    options: TransactionalProducerOptions,
    deliveryTimeoutMs: number,
    onFailure: (failure: StreamClientError) => void,
  ) {
    const { transactionalId, transactionTimeoutMs = TRANSACTION_TIMEOUT_MS } = options;
    this.transactionalId = transactionalId;
    this.#cluster = cluster;
    this.#deliveryTimeoutMs = deliveryTimeoutMs;
    this.#onFailure = onFailure;
    const { signal } = this.#abort;
    this.#protocol = new TransactionProtocol(cluster, transactionalId, transactionTimeoutMs, signal, onFailure);
  }

  async connect(): Promise<void> {
    this.#epoch = await this.#begin();
  }

  async begin(): Promise<Transaction> {
    this.#assertUsable();
    if (this.#open) throw new StreamClientError('TRANSACTION_FAILED', 'another transaction is open');
    const open = new OpenTransaction(this.#protocol, this.#deliveryTimeoutMs);
    this.#open = open;
    try {
      this.#epoch ??= await this.#begin();
    } catch (error) {
      this.#open = undefined;
      throw this.#noteFenced(error);
    }
    open.use(this.#epoch, {
      onFailure: (error) => void this.#noteFenced(error),
      onEnd: (isClean) => this.#end(open, isClean),
    });
    return open;
  }

  async run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = await this.begin();
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      // What went wrong first is what the caller should hear of.
      await transaction.abort().catch((failure: unknown) => this.#onFailure(failure as StreamClientError));
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const giveUp = setTimeout(() => this.#abort.abort(), CLOSE_TIMEOUT_MS);
    try {
      if (this.#fenced === undefined) await this.#open?.abort();
    } catch (error) {
      this.#onFailure(error as StreamClientError);
    }
    await this.#epoch?.producer.close();
    clearTimeout(giveUp);
    this.#abort.abort();
  }

  async #begin(): Promise<Epoch> {
    const identity = await this.#protocol.init(this.#last, Date.now() + this.#deliveryTimeoutMs);
    const enlisted = new Enlisted(this.#protocol, identity);
    const limits = { deliveryTimeoutMs: this.#deliveryTimeoutMs };
    return { identity, enlisted, producer: new BatchingProducer(this.#cluster, limits, this.#onFailure, enlisted) };
  }

  async #end(transaction: Transaction, isClean: boolean): Promise<void> {
    if (this.#open !== transaction) return;
    const epoch = this.#epoch;
    if (!isClean && epoch) {
      // Sequences of what was given up are in doubt: another epoch begins at 0.
      this.#epoch = undefined;
      this.#last = epoch.identity;
      await epoch.producer.close();
    }
    this.#open = undefined;
  }

  #noteFenced(error: unknown): unknown {
    if (error instanceof StreamClientError && error.code === 'PRODUCER_FENCED') this.#fenced ??= error;
    return error;
  }

  #assertUsable(): void {
    if (this.#isClosed) throw new StreamClientError('CLOSED', 'the producer is closed');
    if (this.#fenced) throw this.#fenced;
  }
}

/** The partitions that the coordinator knows to be in the transaction. */
class Enlisted implements ProducerSession {
  readonly #partitions = new Map<string, Promise<void>>();

  constructor(
    readonly protocol: TransactionProtocol,
    readonly identity: ProducerIdentity,
  ) {}

  get transactionalId(): string {
    return this.protocol.transactionalId;
  }

  current(): Promise<ProducerIdentity> {
    return Promise.resolve(this.identity);
  }

  /** The transaction as a whole is given up instead. */
  retire(): void {
    return undefined;
  }

  async enlist(partitions: readonly TopicPartition[], deadlineMs: number): Promise<void> {
    const added = partitions.filter((partition) => !this.#partitions.has(keyOf(partition)));
    if (added.length > 0) {
      const adding = this.protocol.addPartitions(this.identity, added, deadlineMs);
      for (const partition of added) this.#partitions.set(keyOf(partition), adding);
    }
    await Promise.all(partitions.flatMap((partition) => this.#partitions.get(keyOf(partition)) ?? []));
  }

  get isEmpty(): boolean {
    return this.#partitions.size === 0;
  }

  clear(): void {
    this.#partitions.clear();
  }
}

interface TransactionEvents {
  onFailure(error: unknown): void;
  /** False: something is in doubt, and the epoch is not to be used again. */
  onEnd(isClean: boolean): Promise<void>;
}

type State = 'open' | 'failed' | 'ending' | 'ended';

class OpenTransaction implements Transaction {
  #epoch!: Epoch;
  #events!: TransactionEvents;
  #state: State = 'open';
  #failure: unknown;
  #hasOffsets = false;
  readonly #sends = new Set<Promise<void>>();

  constructor(
    readonly protocol: TransactionProtocol,
    readonly timeoutMs: number,
  ) {}

  use(epoch: Epoch, events: TransactionEvents): void {
    this.#epoch = epoch;
    this.#events = events;
    epoch.enlisted.clear();
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    const problem = this.#problem();
    if (problem) return Promise.reject(problem);
    return this.#track(this.#epoch.producer.send(records));
  }

  sendOffsets(member: GroupMember, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const problem = this.#problem();
    if (problem) return Promise.reject(problem);
    if (offsets.length === 0) return Promise.resolve();
    this.#hasOffsets = true;
    return this.#track(this.protocol.commitOffsets(this.#epoch.identity, member, offsets, this.#deadlineMs()));
  }

  async commit(): Promise<void> {
    const problem = this.#problem();
    if (problem) throw problem;
    this.#state = 'ending';
    await Promise.allSettled(this.#sends);
    if (this.#failure !== undefined) {
      this.#state = 'failed';
      throw new StreamClientError('TRANSACTION_FAILED', 'a send failed, the transaction must be aborted', {
        cause: this.#failure,
      });
    }
    await this.#end(true);
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ending';
    const isClean = this.#sends.size === 0 && this.#failure === undefined;
    // Nothing may arrive behind the marker.
    if (!isClean) await this.#epoch.producer.close();
    await this.#end(false, isClean);
  }

  async #end(isCommit: boolean, isClean = true): Promise<void> {
    let isSettled = false;
    try {
      const isEmpty = this.#epoch.enlisted.isEmpty && !this.#hasOffsets;
      if (!isEmpty) await this.protocol.end(this.#epoch.identity, isCommit, this.#deadlineMs());
      isSettled = true;
    } catch (error) {
      this.#events.onFailure(error);
      throw error;
    } finally {
      this.#state = 'ended';
      await this.#events.onEnd(isClean && isSettled);
    }
  }

  #track(sending: Promise<void>): Promise<void> {
    const tracked = sending.catch((error: unknown) => {
      this.#failure ??= error;
      if (this.#state === 'open') this.#state = 'failed';
      this.#events.onFailure(error);
      throw error;
    });
    this.#sends.add(tracked);
    // Who sends may leave it to commit() to tell.
    tracked.catch(() => undefined).finally(() => this.#sends.delete(tracked));
    return tracked;
  }

  #problem(): StreamClientError | undefined {
    if (this.#state === 'open') return undefined;
    if (this.#state === 'failed') {
      const message = 'a send failed, the transaction must be aborted';
      return new StreamClientError('TRANSACTION_FAILED', message, { cause: this.#failure });
    }
    return new StreamClientError('TRANSACTION_FAILED', 'the transaction has ended');
  }

  #deadlineMs(): number {
    return Date.now() + this.timeoutMs;
  }
}
