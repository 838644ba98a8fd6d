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
import { API_VERSIONS } from './18-api-versions.js';
import { CREATE_TOPICS } from './19-create-topics.js';
import { DELETE_TOPICS } from './20-delete-topics.js';
import { INIT_PRODUCER_ID } from './22-init-producer-id.js';
import { DESCRIBE_CONFIGS } from './32-describe-configs.js';
import { CREATE_PARTITIONS } from './37-create-partitions.js';
import { DELETE_GROUPS } from './42-delete-groups.js';
import { DESCRIBE_CLUSTER } from './60-describe-cluster.js';

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
  18: API_VERSIONS,
  19: CREATE_TOPICS,
  20: DELETE_TOPICS,
  22: INIT_PRODUCER_ID,
  32: DESCRIBE_CONFIGS,
  37: CREATE_PARTITIONS,
  42: DELETE_GROUPS,
  60: DESCRIBE_CLUSTER,
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
