import { AuthenticationError, ResponseError } from '@platformatic/kafka';
import { errorName } from '../wire/error-codes.js';
import { StreamClientError, type StreamClientErrorCode } from './types.js';

/** Error codes of the Kafka protocol that the client acts on. */
export const KafkaErrorCode = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  REPLICA_NOT_AVAILABLE: 9,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  TOPIC_ALREADY_EXISTS: 36,
  NOT_CONTROLLER: 41,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  CONCURRENT_TRANSACTIONS: 51,
  KAFKA_STORAGE_ERROR: 56,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  PRODUCER_FENCED: 90,
} as const;

const E = KafkaErrorCode;

const RETRIABLE = new Set<number>([
  E.CORRUPT_MESSAGE,
  E.UNKNOWN_TOPIC_OR_PARTITION,
  E.LEADER_NOT_AVAILABLE,
  E.NOT_LEADER_OR_FOLLOWER,
  E.REQUEST_TIMED_OUT,
  E.REPLICA_NOT_AVAILABLE,
  E.NETWORK_EXCEPTION,
  E.COORDINATOR_LOAD_IN_PROGRESS,
  E.COORDINATOR_NOT_AVAILABLE,
  E.NOT_COORDINATOR,
  E.NOT_ENOUGH_REPLICAS,
  E.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  E.NOT_CONTROLLER,
  E.CONCURRENT_TRANSACTIONS,
  E.KAFKA_STORAGE_ERROR,
  E.FENCED_LEADER_EPOCH,
  E.UNKNOWN_LEADER_EPOCH,
  E.OFFSET_NOT_AVAILABLE,
  E.UNSTABLE_OFFSET_COMMIT,
  E.THROTTLING_QUOTA_EXCEEDED,
]);

/** True if the same request may succeed later, or at another broker. */
export function isRetriable(code: number): boolean {
  return RETRIABLE.has(code);
}

/** True if the coordinator must be looked up again. */
export function isCoordinatorGone(code: number): boolean {
  return code === E.COORDINATOR_NOT_AVAILABLE || code === E.NOT_COORDINATOR;
}

export function kafkaErrorName(code: number): string {
  return errorName(code);
}

/** A broker's refusal inside a response, kept as the `cause` of a {@link StreamClientError}. */
export class KafkaResponseError extends Error {
  override readonly name = 'KafkaResponseError';
  constructor(
    readonly kafkaCode: number,
    what: string,
    detail?: string | null,
  ) {
    super(`${what}: ${kafkaErrorName(kafkaCode)} (${kafkaCode})${detail ? `, ${detail}` : ''}`);
  }

  get retriable(): boolean {
    return isRetriable(this.kafkaCode);
  }
}

/** The refusal of a transactional request: what the producer is to do about it. */
export function transactionFailure(cause: KafkaResponseError): StreamClientError {
  const isFenced = cause.kafkaCode === E.PRODUCER_FENCED || cause.kafkaCode === E.INVALID_PRODUCER_EPOCH;
  return new StreamClientError(isFenced ? 'PRODUCER_FENCED' : 'TRANSACTION_FAILED', cause.message, { cause });
}

const DENIED = new Set<number>([
  E.TOPIC_AUTHORIZATION_FAILED,
  E.GROUP_AUTHORIZATION_FAILED,
  E.CLUSTER_AUTHORIZATION_FAILED,
  E.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  E.SASL_AUTHENTICATION_FAILED,
]);

/** True if the broker knows what was asked and does not let this client have it: asking again is no use. */
export function isDenied({ cause }: StreamClientError): boolean {
  return cause instanceof KafkaResponseError && DENIED.has(cause.kafkaCode);
}

/** The broker's refusal to let in who has a wrong password, certificate or token; undefined for any other failure. */
export function authenticationFailure(error: unknown): StreamClientError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    if (!(cause instanceof AuthenticationError)) continue;
    const refusal = new KafkaResponseError(
      E.SASL_AUTHENTICATION_FAILED,
      'the broker refused to authenticate',
      cause.message,
    );
    return new StreamClientError('AUTHENTICATION_FAILED', refusal.message, { cause: refusal });
  }
  return undefined;
}

/** The parsed response inside the library's error, which it throws when any part of a response carries an error code. */
export function responseOf(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return undefined;
  return (error as ResponseError & { readonly response?: unknown }).response;
}

export function asStreamClientError(error: unknown, code: StreamClientErrorCode, what: string): StreamClientError {
  if (error instanceof StreamClientError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new StreamClientError(code, `${what}: ${detail}`, { cause: error });
}
