import { decodeRecord, encodeRecord, recordVersion } from '../../wire/records/versioned-record.js';
import type { MessageOf } from '../../wire/schema.js';
import type { RecordToAppend } from '../coordinator-types.js';
import { listOf, NO_PARTITIONS, partitionsOf } from './partitions.js';
import * as format from './record-types.js';
import type {
  ConsumerGroupRecord,
  CurrentAssignment,
  MemberPhase,
  MemberSubscription,
  ResolvedRegex,
} from './types.js';

const VERSION = 0;
const PHASES: readonly MemberPhase[] = ['stable', 'unrevoked', 'unreleased'];

export function encodeConsumerRecord(groupId: string, record: ConsumerGroupRecord): RecordToAppend {
  switch (record.kind) {
    case 'epoch':
      return {
        key: encodeRecord(format.GROUP_KEYS.epoch, format.KEY_VERSION.epoch, { groupId }),
        value: record.value && encodeRecord(format.EPOCH_VALUE, VERSION, record.value),
      };
    case 'targetEpoch':
      return {
        key: encodeRecord(format.GROUP_KEYS.targetEpoch, format.KEY_VERSION.targetEpoch, { groupId }),
        value:
          record.value && encodeRecord(format.TARGET_EPOCH_VALUE, VERSION, { assignmentEpoch: record.value.epoch }),
      };
    case 'regex':
      return {
        key: encodeRecord(format.REGEX_KEY, format.KEY_VERSION.regex, { groupId, regularExpression: record.id }),
        value: record.value && encodeRegex(record.value),
      };
    default:
      return {
        key: encodeRecord(format.MEMBER_KEYS[record.kind], format.KEY_VERSION[record.kind], {
          groupId,
          memberId: record.id,
        }),
        value: encodeMemberValue(record),
      };
  }
}

type MemberRecord = Extract<ConsumerGroupRecord, { kind: 'member' | 'target' | 'current' }>;

function encodeMemberValue(record: MemberRecord): Buffer | null {
  if (record.value === null) return null;
  switch (record.kind) {
    case 'member':
      return encodeSubscription(record.value);
    case 'target':
      return encodeRecord(format.TARGET_VALUE, VERSION, { topicPartitions: listOf(record.value) });
    case 'current':
      return encodeRecord(format.CURRENT_VALUE, VERSION, {
        memberEpoch: record.value.epoch,
        previousMemberEpoch: record.value.previousEpoch,
        state: PHASES.indexOf(record.value.phase),
        assignedPartitions: listOf(record.value.assigned),
        partitionsPendingRevocation: listOf(record.value.pendingRevocation),
      });
  }
}

function encodeRegex({ topics, version, resolvedAtMs }: ResolvedRegex): Buffer {
  const message = { topics: [...topics].sort(), version: BigInt(version), timestamp: BigInt(resolvedAtMs) };
  return encodeRecord(format.REGEX_VALUE, VERSION, message);
}

function encodeSubscription({ topicNames, topicRegex, classic, ...rest }: MemberSubscription): Buffer {
  return encodeRecord(format.MEMBER_VALUE, VERSION, {
    ...rest,
    subscribedTopicNames: topicNames,
    subscribedTopicRegex: topicRegex,
    classicMemberMetadata: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      supportedProtocols: classic.protocols,
    },
  });
}

/**
 * A record of a consumer group, with its group. Null for records of other kinds, and for versions from the future.
 * Throws {@link WireError}.
 */
export function decodeConsumerRecord(
  key: Buffer,
  value: Buffer | null,
): { readonly groupId: string; readonly record: ConsumerGroupRecord | null } | null {
  switch (recordVersion(key)) {
    case format.KEY_VERSION.epoch:
      return ofGroup(decodeRecord(format.GROUP_KEYS.epoch, key)!.message, 'epoch', value, (bytes) => {
        const decoded = decodeRecord(format.EPOCH_VALUE, bytes);
        return decoded && { kind: 'epoch', value: decoded.message };
      });
    case format.KEY_VERSION.targetEpoch:
      return ofGroup(decodeRecord(format.GROUP_KEYS.targetEpoch, key)!.message, 'targetEpoch', value, (bytes) => {
        const decoded = decodeRecord(format.TARGET_EPOCH_VALUE, bytes);
        return decoded && { kind: 'targetEpoch', value: { epoch: decoded.message.assignmentEpoch } };
      });
    case format.KEY_VERSION.partitionMetadata:
      return { groupId: decodeRecord(format.GROUP_KEYS.partitionMetadata, key)!.message.groupId, record: null };
    case format.KEY_VERSION.regex: {
      const { groupId, regularExpression: id } = decodeRecord(format.REGEX_KEY, key)!.message;
      return { groupId, record: value === null ? { kind: 'regex', id, value: null } : decodeRegex(id, value) };
    }
    case format.KEY_VERSION.member:
      return decodeMemberRecord('member', key, value);
    case format.KEY_VERSION.target:
      return decodeMemberRecord('target', key, value);
    case format.KEY_VERSION.current:
      return decodeMemberRecord('current', key, value);
    default:
      return null;
  }
}

function ofGroup(
  { groupId }: { readonly groupId: string },
  kind: 'epoch' | 'targetEpoch',
  value: Buffer | null,
  decode: (bytes: Buffer) => ConsumerGroupRecord | null,
): { readonly groupId: string; readonly record: ConsumerGroupRecord | null } {
  return { groupId, record: value === null ? { kind, value: null } : decode(value) };
}

function decodeMemberRecord(
  kind: 'member' | 'target' | 'current',
  key: Buffer,
  value: Buffer | null,
): { readonly groupId: string; readonly record: ConsumerGroupRecord | null } {
  const { groupId, memberId: id } = decodeRecord(format.MEMBER_KEYS[kind], key)!.message;
  if (value === null) return { groupId, record: { kind, id, value: null } };
  switch (kind) {
    case 'member': {
      const decoded = decodeRecord(format.MEMBER_VALUE, value);
      return { groupId, record: decoded && { kind, id, value: subscriptionOf(decoded.message) } };
    }
    case 'target': {
      const decoded = decodeRecord(format.TARGET_VALUE, value);
      return { groupId, record: decoded && { kind, id, value: partitionsOf(decoded.message.topicPartitions) } };
    }
    case 'current': {
      const decoded = decodeRecord(format.CURRENT_VALUE, value);
      return { groupId, record: decoded && { kind, id, value: currentOf(decoded.message) } };
    }
  }
}

function decodeRegex(id: string, bytes: Buffer): ConsumerGroupRecord | null {
  const decoded = decodeRecord(format.REGEX_VALUE, bytes);
  if (decoded === null) return null;
  const { topics, version, timestamp } = decoded.message;
  const value = { topics: new Set(topics), version: Number(version), resolvedAtMs: Number(timestamp) };
  return { kind: 'regex', id, value };
}

function subscriptionOf(stored: MessageOf<typeof format.MEMBER_VALUE.fields>): MemberSubscription {
  const { subscribedTopicNames, subscribedTopicRegex, classicMemberMetadata: classic, ...rest } = stored;
  return {
    ...rest,
    topicNames: subscribedTopicNames,
    topicRegex: subscribedTopicRegex === '' ? null : subscribedTopicRegex,
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      // What is decoded is a view of the record's bytes, and those of its whole batch.
      protocols: classic.supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    },
  };
}

function currentOf(stored: MessageOf<typeof format.CURRENT_VALUE.fields>): CurrentAssignment {
  const phase = PHASES[stored.state];
  const assigned = partitionsOf(stored.assignedPartitions);
  const pendingRevocation = partitionsOf(stored.partitionsPendingRevocation);
  const { memberEpoch: epoch, previousMemberEpoch: previousEpoch } = stored;
  // A phase from the future: as if it had to give up nothing and could take nothing until its next step.
  if (phase === undefined)
    return { epoch, previousEpoch, phase: 'unreleased', assigned, pendingRevocation: NO_PARTITIONS };
  return { epoch, previousEpoch, phase, assigned, pendingRevocation };
}
