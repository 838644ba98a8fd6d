import type { KafkaErrorName } from '../wire/error-codes.js';
import type { TopicPartition, TransactionVersion } from './transaction-types.js';

export interface TransactionCoordinatorConfig {
  /** Partitions of `__transaction_state`. */
  readonly statePartitions: number;
  /** Longest timeout that a producer may ask for. */
  readonly maxTimeoutMs: number;
  /** A transactional id without a transaction for so long is forgotten. */
  readonly idExpirationMs: number;
  readonly maxTransactionalIds: number;
  /** Throws when no id can be made durable now. */
  readonly nextProducerId: () => bigint;
}

export type RequestId = number;

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** InitProducerId. `expected` is who the producer was before an error (KIP-360), null for a producer that begins. */
export interface InitInput {
  readonly type: 'init';
  readonly requestId: RequestId;
  readonly timeoutMs: number;
  readonly expected: ProducerIdentity | null;
}

/** AddPartitionsToTxn; AddOffsetsToTxn, with the group's partition of `__consumer_offsets`; Produce from version 12 on. */
export interface AddPartitionsInput extends ProducerIdentity {
  readonly type: 'addPartitions';
  readonly requestId: RequestId;
  readonly partitions: readonly TopicPartition[];
  readonly clientVersion: TransactionVersion;
}

/** EndTxn. */
export interface EndInput extends ProducerIdentity {
  readonly type: 'end';
  readonly requestId: RequestId;
  readonly isCommit: boolean;
  readonly clientVersion: TransactionVersion;
}

export type TransactionRequest = InitInput | AddPartitionsInput | EndInput;

/** Who the producer is now, where the request gives it an identity; else -1 and -1. */
export interface TransactionResponse extends ProducerIdentity {
  readonly error: KafkaErrorName;
}

/** COMMIT or ABORT markers that are to lie in the logs of these partitions. */
export interface MarkersToWrite extends ProducerIdentity {
  readonly transactionalId: string;
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
  readonly partitions: readonly TopicPartition[];
}

export type TransactionEffect =
  | { readonly type: 'reply'; readonly requestId: RequestId; readonly response: TransactionResponse }
  /** Write this to a partition of `__transaction_state`; call `appended` once it is durable or lost. Null is a tombstone. */
  | {
      readonly type: 'append';
      readonly appendId: number;
      readonly transactionalId: string;
      readonly partition: number;
      readonly key: Buffer;
      readonly value: Buffer | null;
    }
  /** Write all of these, however often it takes; then call `markersWritten`. */
  | { readonly type: 'writeMarkers'; readonly markers: MarkersToWrite }
  | { readonly type: 'timedOut'; readonly transactionalId: string; readonly producerId: bigint };
