import type { Api, RequestInputOf, RequestOf, ResponseInputOf, ResponseOf } from '../api.js';
import { PRODUCE } from './00-produce.js';
import { FETCH } from './01-fetch.js';
import { LIST_OFFSETS } from './02-list-offsets.js';
import { METADATA } from './03-metadata.js';
import { OFFSET_COMMIT } from './08-offset-commit.js';
import { OFFSET_FETCH } from './09-offset-fetch.js';
import { FIND_COORDINATOR } from './10-find-coordinator.js';
import { JOIN_GROUP } from './11-join-group.js';
import { HEARTBEAT } from './12-heartbeat.js';
import { LEAVE_GROUP } from './13-leave-group.js';
import { SYNC_GROUP } from './14-sync-group.js';
import { DESCRIBE_GROUPS } from './15-describe-groups.js';
import { LIST_GROUPS } from './16-list-groups.js';
import { SASL_HANDSHAKE } from './17-sasl-handshake.js';
import { API_VERSIONS } from './18-api-versions.js';
import { CREATE_TOPICS } from './19-create-topics.js';
import { DELETE_TOPICS } from './20-delete-topics.js';
import { DELETE_RECORDS } from './21-delete-records.js';
import { INIT_PRODUCER_ID } from './22-init-producer-id.js';
import { OFFSET_FOR_LEADER_EPOCH } from './23-offset-for-leader-epoch.js';
import { ADD_PARTITIONS_TO_TXN } from './24-add-partitions-to-txn.js';
import { ADD_OFFSETS_TO_TXN } from './25-add-offsets-to-txn.js';
import { END_TXN } from './26-end-txn.js';
import { WRITE_TXN_MARKERS } from './27-write-txn-markers.js';
import { TXN_OFFSET_COMMIT } from './28-txn-offset-commit.js';
import { DESCRIBE_ACLS } from './29-describe-acls.js';
import { CREATE_ACLS } from './30-create-acls.js';
import { DELETE_ACLS } from './31-delete-acls.js';
import { DESCRIBE_CONFIGS } from './32-describe-configs.js';
import { ALTER_CONFIGS } from './33-alter-configs.js';
import { ALTER_REPLICA_LOG_DIRS } from './34-alter-replica-log-dirs.js';
import { DESCRIBE_LOG_DIRS } from './35-describe-log-dirs.js';
import { SASL_AUTHENTICATE } from './36-sasl-authenticate.js';
import { CREATE_PARTITIONS } from './37-create-partitions.js';
import { DELETE_GROUPS } from './42-delete-groups.js';
import { ELECT_LEADERS } from './43-elect-leaders.js';
import { INCREMENTAL_ALTER_CONFIGS } from './44-incremental-alter-configs.js';
import { ALTER_PARTITION_REASSIGNMENTS } from './45-alter-partition-reassignments.js';
import { LIST_PARTITION_REASSIGNMENTS } from './46-list-partition-reassignments.js';
import { OFFSET_DELETE } from './47-offset-delete.js';
import { DESCRIBE_CLIENT_QUOTAS } from './48-describe-client-quotas.js';
import { ALTER_CLIENT_QUOTAS } from './49-alter-client-quotas.js';
import { DESCRIBE_USER_SCRAM_CREDENTIALS } from './50-describe-user-scram-credentials.js';
import { ALTER_USER_SCRAM_CREDENTIALS } from './51-alter-user-scram-credentials.js';
import { UPDATE_FEATURES } from './57-update-features.js';
import { DESCRIBE_CLUSTER } from './60-describe-cluster.js';
import { DESCRIBE_PRODUCERS } from './61-describe-producers.js';
import { DESCRIBE_TRANSACTIONS } from './65-describe-transactions.js';
import { LIST_TRANSACTIONS } from './66-list-transactions.js';
import { CONSUMER_GROUP_HEARTBEAT } from './68-consumer-group-heartbeat.js';
import { CONSUMER_GROUP_DESCRIBE } from './69-consumer-group-describe.js';
import { LIST_CONFIG_RESOURCES } from './74-list-config-resources.js';
import { DESCRIBE_TOPIC_PARTITIONS } from './75-describe-topic-partitions.js';

/** Every request type that this codec speaks, by key. */
export const APIS = {
  0: PRODUCE,
  1: FETCH,
  2: LIST_OFFSETS,
  3: METADATA,
  8: OFFSET_COMMIT,
  9: OFFSET_FETCH,
  10: FIND_COORDINATOR,
  11: JOIN_GROUP,
  12: HEARTBEAT,
  13: LEAVE_GROUP,
  14: SYNC_GROUP,
  15: DESCRIBE_GROUPS,
  16: LIST_GROUPS,
  17: SASL_HANDSHAKE,
  18: API_VERSIONS,
  19: CREATE_TOPICS,
  20: DELETE_TOPICS,
  21: DELETE_RECORDS,
  22: INIT_PRODUCER_ID,
  23: OFFSET_FOR_LEADER_EPOCH,
  24: ADD_PARTITIONS_TO_TXN,
  25: ADD_OFFSETS_TO_TXN,
  26: END_TXN,
  27: WRITE_TXN_MARKERS,
  28: TXN_OFFSET_COMMIT,
  29: DESCRIBE_ACLS,
  30: CREATE_ACLS,
  31: DELETE_ACLS,
  32: DESCRIBE_CONFIGS,
  33: ALTER_CONFIGS,
  34: ALTER_REPLICA_LOG_DIRS,
  35: DESCRIBE_LOG_DIRS,
  36: SASL_AUTHENTICATE,
  37: CREATE_PARTITIONS,
  42: DELETE_GROUPS,
  43: ELECT_LEADERS,
  44: INCREMENTAL_ALTER_CONFIGS,
  45: ALTER_PARTITION_REASSIGNMENTS,
  46: LIST_PARTITION_REASSIGNMENTS,
  47: OFFSET_DELETE,
  48: DESCRIBE_CLIENT_QUOTAS,
  49: ALTER_CLIENT_QUOTAS,
  50: DESCRIBE_USER_SCRAM_CREDENTIALS,
  51: ALTER_USER_SCRAM_CREDENTIALS,
  57: UPDATE_FEATURES,
  60: DESCRIBE_CLUSTER,
  61: DESCRIBE_PRODUCERS,
  65: DESCRIBE_TRANSACTIONS,
  66: LIST_TRANSACTIONS,
  68: CONSUMER_GROUP_HEARTBEAT,
  69: CONSUMER_GROUP_DESCRIBE,
  74: LIST_CONFIG_RESOURCES,
  75: DESCRIBE_TOPIC_PARTITIONS,
} as const;

export type Apis = typeof APIS;
export type ApiKey = keyof Apis;
export type ApiName = Apis[ApiKey]['name'];
/** A decoded request or response of one API. */
export type Request<K extends ApiKey> = RequestOf<Apis[K]>;
export type Response<K extends ApiKey> = ResponseOf<Apis[K]>;
/** What the encoder takes: fields with defaults may be left out. */
export type RequestInput<K extends ApiKey> = RequestInputOf<Apis[K]>;
export type ResponseInput<K extends ApiKey> = ResponseInputOf<Apis[K]>;

export function isApiKey(key: number): key is ApiKey {
  return Object.hasOwn(APIS, key);
}

/** The definition of an API without its types, or null if the key is unknown. */
export function findApi(key: number): Api | null {
  return isApiKey(key) ? APIS[key] : null;
}

/** All definitions by ascending key, for an ApiVersions response. */
export const ALL_APIS: readonly Api[] = Object.values(APIS);
