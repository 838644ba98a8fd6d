import { initProducerIdV3 } from '@platformatic/kafka';
import { Backoff, delay } from './backoff.js';
import { call } from './broker-connections.js';
import type { Cluster } from './cluster.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError } from './kafka-errors.js';
import type { ProducerIdentity } from './record-batch-builder.js';
import { StreamClientError, type TopicPartition } from './types.js';

/** As whom a producer writes. */
export interface ProducerSession {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
  /** Rejects with {@link StreamClientError} after the deadline. */
  current(deadlineMs: number): Promise<ProducerIdentity>;
  /** The identity is in doubt: the next one is to be another. */
  retire(): void;
  /** Must resolve before anything is written to these partitions. */
  enlist(partitions: readonly TopicPartition[], deadlineMs: number): Promise<void>;
}

/** Producer ids from the cluster. One serves all partitions until one of them needs a fresh one. */
export class ProducerIdentities implements ProducerSession {
  readonly transactionalId = null;
  #current: Promise<ProducerIdentity> | undefined;

  constructor(
    readonly cluster: Cluster,
    readonly signal: AbortSignal,
  ) {}

  /** Asks for one if there is none. Retries until the deadline, then rejects with {@link StreamClientError}. */
  current(deadlineMs: number): Promise<ProducerIdentity> {
    if (!this.#current) {
      const asking = this.#ask(deadlineMs);
      this.#current = asking;
      asking.catch(() => {
        if (this.#current === asking) this.#current = undefined;
      });
    }
    return this.#current;
  }

  /** The next one will be fresh. */
  retire(): void {
    this.#current = undefined;
  }

  enlist(): Promise<void> {
    return Promise.resolve();
  }

  async #ask(deadlineMs: number): Promise<ProducerIdentity> {
    const backoff = new Backoff(50, 1000);
    for (;;) {
      let failure: StreamClientError;
      try {
        const connection = await this.cluster.anyConnection();
        const { errorCode, producerId, producerEpoch } = await call(connection, initProducerIdV3.api, null, 0, -1n, -1);
        if (errorCode === E.NONE) return { producerId, producerEpoch };
        const cause = new KafkaResponseError(errorCode, 'producer id');
        failure = new StreamClientError('DELIVERY_FAILED', cause.message, { cause });
      } catch (error) {
        failure = asStreamClientError(error, 'BROKER_UNREACHABLE', 'cannot get a producer id');
      }
      const isRefused = failure.cause instanceof KafkaResponseError && !failure.cause.retriable;
      if (isRefused || failure.code === 'CLOSED') throw failure;
      if (this.signal.aborted || Date.now() >= deadlineMs) throw failure;
      await delay(backoff.nextMs(), this.signal);
    }
  }
}
