import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
  type Connection,
} from '@platformatic/kafka';
import { Backoff, delay } from './backoff.js';
import { call } from './broker-connections.js';
import type { Cluster } from './cluster.js';
import {
  asStreamClientError,
  isCoordinatorGone,
  KafkaErrorCode as E,
  KafkaResponseError,
  transactionFailure,
} from './kafka-errors.js';
import type { ProducerIdentity } from './record-batch-builder.js';
import type { GroupMember, StreamClientError, TopicPartition, TopicPartitionOffset } from './types.js';

const NOBODY: ProducerIdentity = { producerId: -1n, producerEpoch: -1 };

/**
 * The requests of one transactional id to its coordinator (KIP-98, KIP-360, KIP-447). Each is repeated until it is answered for good:
 * `PRODUCER_FENCED` or `TRANSACTION_FAILED` when it is refused, else the last failure when its time is over.
 */
export class TransactionProtocol {
  #coordinator: Connection | undefined;
  #hasUnanswered = false;

  constructor(
    readonly cluster: Cluster,
    readonly transactionalId: string,
    readonly timeoutMs: number,
    readonly signal: AbortSignal,
    readonly onFailure: (failure: StreamClientError) => void,
  ) {}

  /**
   * True if a request of the epoch was left without an answer. It may still arrive, in a later transaction of the same epoch, and
   * end that one or move its offsets (KIP-890): the next transaction must have another epoch.
   */
  get hasUnanswered(): boolean {
    return this.#hasUnanswered;
  }

  /** Fences whoever had the id. `from`: this producer goes on after an error, under a new epoch. */
  async init(from: ProducerIdentity | null, deadlineMs: number): Promise<ProducerIdentity> {
    const { producerId, producerEpoch } = from ?? NOBODY;
    let identity = NOBODY;
    await this.#ask('a producer id', deadlineMs, async () => {
      const connection = await this.#connection();
      const { transactionalId, timeoutMs } = this;
      const answer = await call(
        connection,
        initProducerIdV4.api,
        transactionalId,
        timeoutMs,
        producerId,
        producerEpoch,
      );
      identity = answer;
      return answer.errorCode;
    });
    this.#hasUnanswered = false;
    return { producerId: identity.producerId, producerEpoch: identity.producerEpoch };
  }

  addPartitions(
    { producerId, producerEpoch }: ProducerIdentity,
    partitions: readonly TopicPartition[],
    deadlineMs: number,
  ): Promise<void> {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, entries]) => ({
      name,
      partitions: entries.map(({ partition }) => partition),
    }));
    return this.#ask('adding partitions', deadlineMs, async () => {
      const connection = await this.#connection();
      const { transactionalId } = this;
      const transaction = { transactionalId, producerId, producerEpoch, verifyOnly: false, topics };
      const { resultsByTransaction } = await call(connection, addPartitionsToTxnV3.api, [transaction]);
      const results = resultsByTransaction.flatMap(({ topicResults }) => topicResults);
      const codes = results.flatMap(({ resultsByPartition }) => resultsByPartition.map((p) => p.partitionErrorCode));
      return worstOf(codes);
    });
  }

  /** Adds the group to the transaction, then commits its offsets there. */
  async commitOffsets(
    { producerId, producerEpoch }: ProducerIdentity,
    { groupId, memberId, generation }: GroupMember,
    offsets: readonly TopicPartitionOffset[],
    deadlineMs: number,
  ): Promise<void> {
    const { transactionalId } = this;
    await this.#ask('adding offsets', deadlineMs, async () => {
      const connection = await this.#connection();
      const api = addOffsetsToTxnV3.api;
      return (await call(connection, api, transactionalId, producerId, producerEpoch, groupId)).errorCode;
    });
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, entries]) => ({
      name,
      partitions: entries.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: null,
      })),
    }));
    const purpose = `transaction:${transactionalId}` as const;
    await this.#ask('committing offsets', deadlineMs, async () => {
      const connection = await this.cluster.connectionToCoordinator(groupId, purpose);
      const answer = await call(
        connection,
        txnOffsetCommitV3.api,
        transactionalId,
        groupId,
        producerId,
        producerEpoch,
        generation,
        memberId,
        null,
        topics,
      );
      return worstOf(answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)));
    });
  }

  end({ producerId, producerEpoch }: ProducerIdentity, isCommit: boolean, deadlineMs: number): Promise<void> {
    return this.#ask(isCommit ? 'commit' : 'abort', deadlineMs, async () => {
      const connection = await this.#connection();
      return (await call(connection, endTxnV3.api, this.transactionalId, producerId, producerEpoch, isCommit))
        .errorCode;
    });
  }

  async #ask(what: string, deadlineMs: number, request: () => Promise<number>): Promise<void> {
    const backoff = new Backoff(10, 500);
    for (;;) {
      let failure: StreamClientError;
      try {
        const code = await request();
        if (code === E.NONE) return;
        if (isCoordinatorGone(code)) this.#coordinator = undefined;
        const cause = new KafkaResponseError(code, `${what} of transaction ${this.transactionalId}`);
        failure = transactionFailure(cause);
        if (!cause.retriable) throw failure;
        // Only the end of another transaction is waited for: nothing has gone wrong.
        if (code !== E.CONCURRENT_TRANSACTIONS) this.onFailure(failure);
      } catch (error) {
        failure = asStreamClientError(error, 'BROKER_UNREACHABLE', what);
        const isRefused = failure.cause instanceof KafkaResponseError && !failure.cause.retriable;
        if (isRefused || failure.code === 'CLOSED') throw failure;
        this.#hasUnanswered = true;
        this.#coordinator = undefined;
        this.onFailure(failure);
      }
      if (this.signal.aborted || Date.now() >= deadlineMs) throw failure;
      await delay(backoff.nextMs(), this.signal);
    }
  }

  async #connection(): Promise<Connection> {
    const purpose = `transaction:${this.transactionalId}` as const;
    this.#coordinator ??= await this.cluster.connectionToCoordinator(this.transactionalId, purpose, 'transaction');
    return this.#coordinator;
  }
}

/** What cannot be retried outweighs what can. */
function worstOf(codes: readonly number[]): number {
  const failed = codes.filter((code) => code !== E.NONE);
  return failed.find((code) => !new KafkaResponseError(code, '').retriable) ?? failed[0] ?? E.NONE;
}
