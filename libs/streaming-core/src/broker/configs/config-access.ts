import { CLUSTER, groupResource, topicResource, type Resource } from '../../security/acl.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';
import { RESOURCE_TYPE } from './config-resources.js';

/** What access rules protect a resource with configs. */
export function protectedBy(type: number, name: string): Resource {
  if (type === RESOURCE_TYPE.topic) return topicResource(name);
  return type === RESOURCE_TYPE.group ? groupResource(name) : CLUSTER;
}

/** The error that says that somebody may not. */
export function refusedFor(type: number): KafkaErrorName {
  if (type === RESOURCE_TYPE.topic) return 'TOPIC_AUTHORIZATION_FAILED';
  return type === RESOURCE_TYPE.group ? 'GROUP_AUTHORIZATION_FAILED' : 'CLUSTER_AUTHORIZATION_FAILED';
}
