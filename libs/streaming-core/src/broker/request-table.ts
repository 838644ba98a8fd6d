import { produce } from './handlers/00-produce.js';
import { fetch } from './handlers/01-fetch.js';
import { listOffsets } from './handlers/02-list-offsets.js';
import { metadata } from './handlers/03-metadata.js';
import { offsetCommit } from './handlers/08-offset-commit.js';
import { offsetFetch } from './handlers/09-offset-fetch.js';
import { findCoordinator } from './handlers/10-find-coordinator.js';
import { joinGroup } from './handlers/11-join-group.js';
import { heartbeat } from './handlers/12-heartbeat.js';
import { leaveGroup } from './handlers/13-leave-group.js';
import { syncGroup } from './handlers/14-sync-group.js';
import { describeGroups } from './handlers/15-describe-groups.js';
import { listGroups } from './handlers/16-list-groups.js';
import { apiVersions } from './handlers/18-api-versions.js';
import { createTopics } from './handlers/19-create-topics.js';
import { deleteTopics } from './handlers/20-delete-topics.js';
import { deleteRecords } from './handlers/21-delete-records.js';
import { initProducerId } from './handlers/22-init-producer-id.js';
import { offsetForLeaderEpoch } from './handlers/23-offset-for-leader-epoch.js';
import { describeConfigs } from './handlers/32-describe-configs.js';
import { alterConfigs } from './handlers/33-alter-configs.js';
import { alterReplicaLogDirs } from './handlers/34-alter-replica-log-dirs.js';
import { describeLogDirs } from './handlers/35-describe-log-dirs.js';
import { createPartitions } from './handlers/37-create-partitions.js';
import { deleteGroups } from './handlers/42-delete-groups.js';
import { electLeaders } from './handlers/43-elect-leaders.js';
import { incrementalAlterConfigs } from './handlers/44-incremental-alter-configs.js';
import { alterPartitionReassignments } from './handlers/45-alter-partition-reassignments.js';
import { listPartitionReassignments } from './handlers/46-list-partition-reassignments.js';
import { updateFeatures } from './handlers/57-update-features.js';
import { describeCluster } from './handlers/60-describe-cluster.js';
import { listConfigResources } from './handlers/74-list-config-resources.js';
import { describeTopicPartitions } from './handlers/75-describe-topic-partitions.js';
import { featuresOf } from './features.js';
import type { RequestTable } from './request-context.js';
import type { BrokerServices } from './services.js';

/** Who answers what. */
export function createRequestTable(services: BrokerServices): RequestTable {
  const table: RequestTable = {
    0: produce(services),
    1: fetch(services),
    2: listOffsets(services),
    3: metadata(services),
    8: offsetCommit(services),
    9: offsetFetch(services),
    10: findCoordinator(services),
    11: joinGroup(services),
    12: heartbeat(services),
    13: leaveGroup(services),
    14: syncGroup(services),
    15: describeGroups(services),
    16: listGroups(services),
    19: createTopics(services),
    20: deleteTopics(services),
    21: deleteRecords(services),
    22: initProducerId(services),
    23: offsetForLeaderEpoch(services),
    32: describeConfigs(services),
    33: alterConfigs(services),
    34: alterReplicaLogDirs(services),
    35: describeLogDirs(services),
    37: createPartitions(services),
    42: deleteGroups(services),
    43: electLeaders(services),
    44: incrementalAlterConfigs(services),
    45: alterPartitionReassignments(services),
    46: listPartitionReassignments,
    60: describeCluster(services),
    74: listConfigResources(services),
    75: describeTopicPartitions(services),
  };
  const features = featuresOf(table);
  const whole: RequestTable = { ...table, 57: updateFeatures(features) };
  return { ...whole, 18: apiVersions(whole, features) };
}
