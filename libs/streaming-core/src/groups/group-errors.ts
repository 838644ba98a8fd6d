import type { KafkaErrorName } from '../wire/error-codes.js';

/** The errors that a group coordinator answers with, by the names of Kafka's codes; the broker turns them into numbers. */
export type GroupError = Extract<
  KafkaErrorName,
  | 'NONE'
  | 'COORDINATOR_LOAD_IN_PROGRESS'
  | 'COORDINATOR_NOT_AVAILABLE'
  | 'NOT_COORDINATOR'
  | 'OFFSET_METADATA_TOO_LARGE'
  | 'ILLEGAL_GENERATION'
  | 'INCONSISTENT_GROUP_PROTOCOL'
  | 'INVALID_GROUP_ID'
  | 'UNKNOWN_MEMBER_ID'
  | 'INVALID_SESSION_TIMEOUT'
  | 'REBALANCE_IN_PROGRESS'
  | 'INVALID_REQUEST'
  | 'INVALID_REGULAR_EXPRESSION'
  | 'POLICY_VIOLATION'
  | 'NON_EMPTY_GROUP'
  | 'GROUP_ID_NOT_FOUND'
  | 'GROUP_SUBSCRIBED_TO_TOPIC'
  | 'MEMBER_ID_REQUIRED'
  | 'GROUP_MAX_SIZE_REACHED'
  | 'FENCED_INSTANCE_ID'
  | 'FENCED_MEMBER_EPOCH'
  | 'STALE_MEMBER_EPOCH'
  | 'UNRELEASED_INSTANCE_ID'
  | 'UNSUPPORTED_ASSIGNOR'
  | 'UNSUPPORTED_VERSION'
  | 'UNSTABLE_OFFSET_COMMIT'
  | 'INVALID_PRODUCER_EPOCH'
  | 'INVALID_TXN_STATE'
>;

/** Tells the answers to requests apart; given by the caller. */
export type RequestId = number;
