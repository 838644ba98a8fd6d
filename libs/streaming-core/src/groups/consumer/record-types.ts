/** Formats of a consumer group's records in `__consumer_offsets`, as Apache Kafka 4.2 writes them. The key's version tells the type. */
import { array, arrayOf, bytes, int32, int64, int8, string, struct, uuid, type Fields } from '../../wire/schema.js';
import { defineRecord } from '../../wire/records/versioned-record.js';

export const KEY_VERSION = {
  epoch: 3,
  /** Sizes of the subscribed topics, until Kafka 4.0; since then a hash stands in the group's own record. */
  partitionMetadata: 4,
  member: 5,
  targetEpoch: 6,
  target: 7,
  current: 8,
  regex: 16,
} as const;

const ofGroup = { groupId: string('0+') };
const ofMember = { groupId: string('0+'), memberId: string('0+') };

const key = <F extends Fields>(name: string, version: number, fields: F) =>
  defineRecord({ name: `${name}Key`, versions: `${version}`, flexibleFrom: Infinity, fields });
const value = <F extends Fields>(name: string, fields: F) =>
  defineRecord({ name: `${name}Value`, versions: '0', flexibleFrom: 0, fields });

export const GROUP_KEYS = {
  epoch: key('ConsumerGroupMetadata', KEY_VERSION.epoch, ofGroup),
  partitionMetadata: key('ConsumerGroupPartitionMetadata', KEY_VERSION.partitionMetadata, ofGroup),
  targetEpoch: key('ConsumerGroupTargetAssignmentMetadata', KEY_VERSION.targetEpoch, ofGroup),
};

export const MEMBER_KEYS = {
  member: key('ConsumerGroupMemberMetadata', KEY_VERSION.member, ofMember),
  target: key('ConsumerGroupTargetAssignmentMember', KEY_VERSION.target, ofMember),
  current: key('ConsumerGroupCurrentMemberAssignment', KEY_VERSION.current, ofMember),
};

export const REGEX_KEY = key('ConsumerGroupRegularExpression', KEY_VERSION.regex, {
  groupId: string('0+'),
  regularExpression: string('0+'),
});

export const EPOCH_VALUE = value('ConsumerGroupMetadata', {
  epoch: int32('0+'),
  metadataHash: int64('0+', { tag: 0, default: 0n }),
});

export const TARGET_EPOCH_VALUE = value('ConsumerGroupTargetAssignmentMetadata', { assignmentEpoch: int32('0+') });

const topicPartitions = { topicId: uuid('0+'), partitions: arrayOf('0+', 'int32') };

export const TARGET_VALUE = value('ConsumerGroupTargetAssignmentMember', {
  topicPartitions: array('0+', topicPartitions),
});

export const CURRENT_VALUE = value('ConsumerGroupCurrentMemberAssignment', {
  memberEpoch: int32('0+'),
  previousMemberEpoch: int32('0+'),
  state: int8('0+'),
  assignedPartitions: array('0+', topicPartitions),
  partitionsPendingRevocation: array('0+', topicPartitions),
});

export const REGEX_VALUE = value('ConsumerGroupRegularExpression', {
  topics: arrayOf('0+', 'string'),
  version: int64('0+'),
  timestamp: int64('0+'),
});

export const MEMBER_VALUE = value('ConsumerGroupMemberMetadata', {
  instanceId: string('0+', { nullable: '0+' }),
  rackId: string('0+', { nullable: '0+' }),
  clientId: string('0+'),
  clientHost: string('0+'),
  subscribedTopicNames: arrayOf('0+', 'string'),
  subscribedTopicRegex: string('0+', { nullable: '0+' }),
  rebalanceTimeoutMs: int32('0+', { default: -1 }),
  serverAssignor: string('0+', { nullable: '0+' }),
  classicMemberMetadata: struct(
    '0+',
    {
      sessionTimeoutMs: int32('0+'),
      supportedProtocols: array('0+', { name: string('0+'), metadata: bytes('0+') }),
    },
    { nullable: '0+', default: null, tag: 0 },
  ),
});
