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
import { saslHandshake } from './handlers/17-sasl-handshake.js';
import { apiVersions } from './handlers/18-api-versions.js';
import { createTopics } from './handlers/19-create-topics.js';
import { deleteTopics } from './handlers/20-delete-topics.js';
import { deleteRecords } from './handlers/21-delete-records.js';
import { initProducerId } from './handlers/22-init-producer-id.js';
import { addPartitionsToTxn } from './handlers/24-add-partitions-to-txn.js';
import { addOffsetsToTxn } from './handlers/25-add-offsets-to-txn.js';
import { endTxn } from './handlers/26-end-txn.js';
import { writeTxnMarkers } from './handlers/27-write-txn-markers.js';
import { txnOffsetCommit } from './handlers/28-txn-offset-commit.js';
import { describeProducers } from './handlers/61-describe-producers.js';
import { describeTransactions } from './handlers/65-describe-transactions.js';
import { listTransactions } from './handlers/66-list-transactions.js';
import { offsetForLeaderEpoch } from './handlers/23-offset-for-leader-epoch.js';
import { describeConfigs } from './handlers/32-describe-configs.js';
import { alterConfigs } from './handlers/33-alter-configs.js';
import { alterReplicaLogDirs } from './handlers/34-alter-replica-log-dirs.js';
import { describeLogDirs } from './handlers/35-describe-log-dirs.js';
import { saslAuthenticate } from './handlers/36-sasl-authenticate.js';
import { createPartitions } from './handlers/37-create-partitions.js';
import { deleteGroups } from './handlers/42-delete-groups.js';
import { electLeaders } from './handlers/43-elect-leaders.js';
import { incrementalAlterConfigs } from './handlers/44-incremental-alter-configs.js';
import { alterPartitionReassignments } from './handlers/45-alter-partition-reassignments.js';
import { listPartitionReassignments } from './handlers/46-list-partition-reassignments.js';
import { offsetDelete } from './handlers/47-offset-delete.js';
import { describeClientQuotas } from './handlers/48-describe-client-quotas.js';
import { alterClientQuotas } from './handlers/49-alter-client-quotas.js';
import { updateFeatures } from './handlers/57-update-features.js';
import { describeCluster } from './handlers/60-describe-cluster.js';
import { consumerGroupHeartbeat } from './handlers/68-consumer-group-heartbeat.js';
import { consumerGroupDescribe } from './handlers/69-consumer-group-describe.js';
import { listConfigResources } from './handlers/74-list-config-resources.js';
import { describeTopicPartitions } from './handlers/75-describe-topic-partitions.js';
import { featuresOf } from './features.js';
import { describeAcls } from './handlers/29-describe-acls.js';
import { createAcls } from './handlers/30-create-acls.js';
import { deleteAcls } from './handlers/31-delete-acls.js';
import { describeUserScramCredentials } from './handlers/50-describe-user-scram-credentials.js';
import { alterUserScramCredentials } from './handlers/51-alter-user-scram-credentials.js';
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
    17: saslHandshake,
    19: createTopics(services),
    20: deleteTopics(services),
    21: deleteRecords(services),
    22: initProducerId(services),
    23: offsetForLeaderEpoch(services),
    24: addPartitionsToTxn(services),
    25: addOffsetsToTxn(services),
    26: endTxn(services),
    27: writeTxnMarkers(services),
    28: txnOffsetCommit(services),
    29: describeAcls(services),
    30: createAcls(services),
    31: deleteAcls(services),
    32: describeConfigs(services),
    33: alterConfigs(services),
    34: alterReplicaLogDirs(services),
    35: describeLogDirs(services),
    36: saslAuthenticate,
    37: createPartitions(services),
    42: deleteGroups(services),
    43: electLeaders(services),
    44: incrementalAlterConfigs(services),
    45: alterPartitionReassignments(services),
    46: listPartitionReassignments,
    47: offsetDelete(services),
    48: describeClientQuotas(services),
    49: alterClientQuotas(services),
    50: describeUserScramCredentials(services),
    51: alterUserScramCredentials(services),
    60: describeCluster(services),
    61: describeProducers(services),
    65: describeTransactions(services),
    66: listTransactions(services),
    68: consumerGroupHeartbeat(services),
    69: consumerGroupDescribe(services),
    74: listConfigResources(services),
    75: describeTopicPartitions(services),
  };
  const features = featuresOf(table);
  const whole: RequestTable = { ...table, 57: updateFeatures(features) };
  return { ...whole, 18: apiVersions(whole, features) };
}
