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
  #beginning: Promise<unknown> | undefined;
  #fenced: StreamClientError | undefined;
  #closing: Promise<void> | undefined;

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
    await this.#beginEpoch();
  }

  async begin(): Promise<Transaction> {
    this.#assertOpen();
    if (this.#fenced) throw this.#fenced;
    if (this.#open || this.#beginning) throw new StreamClientError('TRANSACTION_FAILED', 'another transaction is open');
    const epoch = this.#epoch ?? (await this.#beginEpoch());
    const open: OpenTransaction = new OpenTransaction(this.#protocol, epoch, this.#deliveryTimeoutMs, {
      onFailure: (error) => void this.#noteFenced(error),
      onEnd: (isClean) => this.#end(open, isClean),
    });
    this.#open = open;
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

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const giveUp = setTimeout(() => this.#abort.abort(), CLOSE_TIMEOUT_MS);
    // Who begins a transaction now is told; there is nothing to abort yet.
    await this.#beginning;
    try {
      if (this.#fenced === undefined) await this.#open?.abort();
    } catch (error) {
      this.#onFailure(error as StreamClientError);
    }
    await this.#epoch?.producer.close();
    clearTimeout(giveUp);
    this.#abort.abort();
  }

  /** Rejects `CLOSED` if the producer is closed meanwhile. */
  async #beginEpoch(): Promise<Epoch> {
    try {
      const beginning = this.#protocol.init(this.#last, Date.now() + this.#deliveryTimeoutMs);
      this.#beginning = beginning.catch(() => undefined);
      const identity = await beginning;
      this.#assertOpen();
      const enlisted = new Enlisted(this.#protocol, identity);
      const limits = { deliveryTimeoutMs: this.#deliveryTimeoutMs };
      const producer = new BatchingProducer(this.#cluster, limits, this.#onFailure, enlisted);
      this.#epoch = { identity, enlisted, producer };
      return this.#epoch;
    } catch (error) {
      this.#assertOpen();
      throw this.#noteFenced(error);
    } finally {
      this.#beginning = undefined;
    }
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

  #assertOpen(): void {
    if (this.#closing) throw new StreamClientError('CLOSED', 'the producer is closed');
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
  #state: State = 'open';
  #failure: unknown;
  #hasOffsets = false;
  #ending: Promise<void> | undefined;
  readonly #sends = new Set<Promise<void>>();

  constructor(
    readonly protocol: TransactionProtocol,
    readonly epoch: Epoch,
    readonly timeoutMs: number,
    readonly events: TransactionEvents,
  ) {
    epoch.enlisted.clear();
  }

  send(records: readonly OutgoingRecord[]): Promise<void> {
    const problem = this.#problem();
    if (problem) return Promise.reject(problem);
    return this.#track(this.epoch.producer.send(records));
  }

  sendOffsets(member: GroupMember, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const problem = this.#problem();
    if (problem) return Promise.reject(problem);
    if (offsets.length === 0) return Promise.resolve();
    if (member.generation < 0) {
      // Without a member's name on them the group would take the offsets, whoever has the partitions now.
      const message = `cannot commit offsets: not a member of group ${member.groupId}`;
      return this.#track(Promise.reject(new StreamClientError('TRANSACTION_FAILED', message)));
    }
    this.#hasOffsets = true;
    return this.#track(this.protocol.commitOffsets(this.epoch.identity, member, offsets, this.#deadlineMs()));
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
    if (this.#ending) throw new StreamClientError('TRANSACTION_FAILED', 'the transaction was aborted');
    await this.#endOnce(true);
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    // What is on its way to the coordinator is not called back.
    if (this.#ending) return this.#ending;
    this.#state = 'ending';
    const isClean = this.#sends.size === 0 && this.#failure === undefined;
    // Nothing may arrive behind the marker.
    if (!isClean) await this.epoch.producer.close();
    await this.#endOnce(false, isClean);
  }

  #endOnce(isCommit: boolean, isClean = true): Promise<void> {
    this.#ending ??= this.#end(isCommit, isClean);
    return this.#ending;
  }

  async #end(isCommit: boolean, isClean: boolean): Promise<void> {
    let isSettled = false;
    try {
      const isEmpty = this.epoch.enlisted.isEmpty && !this.#hasOffsets;
      if (!isEmpty) await this.protocol.end(this.epoch.identity, isCommit, this.#deadlineMs());
      isSettled = true;
    } catch (error) {
      this.events.onFailure(error);
      throw error;
    } finally {
      this.#state = 'ended';
      await this.events.onEnd(isClean && isSettled && !this.protocol.hasUnanswered);
    }
  }

  #track(sending: Promise<void>): Promise<void> {
    const tracked = sending.catch((error: unknown) => {
      this.#failure ??= error;
      if (this.#state === 'open') this.#state = 'failed';
      this.events.onFailure(error);
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
