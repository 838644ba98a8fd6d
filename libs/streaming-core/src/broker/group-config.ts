import { ASSIGNORS } from '../groups/consumer/assignors.js';
import type { CoordinatorConfig } from '../groups/coordinator-types.js';
import { BrokerConfigError, type BrokerConfig } from './config.js';
import type { ConfigResources } from './configs/config-resources.js';

/** Protocol metadata and assignment of one member; the largest groups that are known need some 100 KB. */
const MEMBER_BYTES_MAX = 1 << 20;
const GROUPS_MAX = 10_000;

/** The coordinator's settings. @throws {BrokerConfigError} */
export function groupConfig(
  config: BrokerConfig,
  configs: Pick<ConfigResources, 'groupConfigs'>,
  offsetsPartitions: number,
): CoordinatorConfig {
  const migration = config.text('group.consumer.migration.policy');
  const sessionTimeoutMs = config.number('group.consumer.session.timeout.ms');
  const heartbeatIntervalMs = config.number('group.consumer.heartbeat.interval.ms');
  return {
    initialRebalanceDelayMs: config.number('group.initial.rebalance.delay.ms'),
    minSessionTimeoutMs: config.number('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: config.number('group.max.session.timeout.ms'),
    maxMembers: config.number('group.max.size'),
    maxMemberBytes: MEMBER_BYTES_MAX,
    offsetsPartitions,
    maxGroups: GROUPS_MAX,
    maxOffsetMetadataBytes: config.number('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.number('offsets.retention.minutes') * 60_000,
    consumerSessionTimeoutMs: (groupId) =>
      Number(configs.groupConfigs(groupId)['consumer.session.timeout.ms'] ?? sessionTimeoutMs),
    consumerHeartbeatIntervalMs: (groupId) =>
      Number(configs.groupConfigs(groupId)['consumer.heartbeat.interval.ms'] ?? heartbeatIntervalMs),
    consumerMaxMembers: config.number('group.consumer.max.size'),
    consumerAssignors: assignors(config.text('group.consumer.assignors')),
    consumerUpgrade: migration === 'bidirectional' || migration === 'upgrade',
    consumerDowngrade: migration === 'bidirectional' || migration === 'downgrade',
  };
}

function assignors(setting: string): string[] {
  const names = setting.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(ASSIGNORS, name));
  if (unknown === undefined) return names;
  const known = Object.keys(ASSIGNORS).join(', ');
  throw new BrokerConfigError(`group.consumer.assignors: "${unknown}" is not one of ${known}`);
}
