/**
 * Records of the internal topic `__consumer_offsets`, in the formats of Apache Kafka (OffsetCommitKey 1 /
 * OffsetCommitValue 0-3, GroupMetadataKey 2 / GroupMetadataValue 0-3), so that Kafka's tools read them.
 */
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import type { CommittedOffset } from './offset-store.js';

const OFFSET_KEY_VERSION_MAX = 1;
const GROUP_KEY_VERSION = 2;
const VALUE_VERSION = 3;
/** The version of an offset that lapses at a time of its own. */
const EXPIRING_OFFSET_VERSION = 1;
const OFFSET_VALUE_VERSION_MAX = 4;

export type GroupRecordKey =
  | { readonly type: 'offset'; readonly groupId: string; readonly topic: string; readonly partition: number }
  | { readonly type: 'group'; readonly groupId: string };

export interface StoredMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** Metadata of the selected protocol. */
  readonly subscription: Buffer;
  readonly assignment: Buffer;
}

export interface StoredGroup {
  readonly protocolType: string;
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** Since when the group is in the phase that it was stored in; milliseconds since 1970. */
  readonly phaseSinceMs: number;
  readonly members: readonly StoredMember[];
}

export function encodeKey(key: GroupRecordKey): Buffer {
  const writer = new Writer();
  writer.int16(key.type === 'offset' ? OFFSET_KEY_VERSION_MAX : GROUP_KEY_VERSION);
  writer.string(key.groupId, false);
  if (key.type === 'offset') {
    writer.string(key.topic, false);
    writer.int32(key.partition);
  }
  return Buffer.concat(writer.finish());
}

/** Null for kinds of records that this version does not know: they are kept and skipped. Throws WireError. */
export function decodeKey(bytes: Buffer): GroupRecordKey | null {
  const reader = new Reader(bytes);
  const version = reader.int16();
  if (version === GROUP_KEY_VERSION) return { type: 'group', groupId: reader.string(false) };
  if (version < 0 || version > OFFSET_KEY_VERSION_MAX) return null;
  return { type: 'offset', groupId: reader.string(false), topic: reader.string(false), partition: reader.int32() };
}

export function encodeOffset(offset: CommittedOffset): Buffer {
  const writer = new Writer();
  const version = offset.expiresAtMs === null ? VALUE_VERSION : EXPIRING_OFFSET_VERSION;
  writer.int16(version);
  writer.int64(offset.offset);
  if (version >= 3) writer.int32(offset.leaderEpoch);
  writer.string(offset.metadata, false);
  writer.int64(BigInt(offset.committedAtMs));
  if (offset.expiresAtMs !== null) writer.int64(BigInt(offset.expiresAtMs));
  return Buffer.concat(writer.finish());
}

/** Null for a newer version than this one reads. Throws WireError. */
export function decodeOffset(bytes: Buffer): CommittedOffset | null {
  const reader = new Reader(bytes);
  const version = reader.int16();
  if (version < 0 || version > OFFSET_VALUE_VERSION_MAX) return null;
  const offset = reader.int64();
  const leaderEpoch = version >= 3 ? reader.int32() : -1;
  // The tagged fields of version 4 follow at the end, and nothing here needs them.
  const metadata = reader.string(version >= 4);
  const committedAtMs = Number(reader.int64());
  const expiresAtMs = version === 1 ? Number(reader.int64()) : -1;
  return { offset, leaderEpoch, metadata, committedAtMs, expiresAtMs: expiresAtMs < 0 ? null : expiresAtMs };
}

export function encodeGroup(group: StoredGroup): Buffer {
  const writer = new Writer();
  writer.int16(VALUE_VERSION);
  writer.string(group.protocolType, false);
  writer.int32(group.generationId);
  writer.string(group.protocolName, false);
  writer.string(group.leaderId, false);
  writer.int64(BigInt(group.phaseSinceMs));
  writer.arrayLength(group.members.length, false);
  for (const member of group.members) {
    writer.string(member.memberId, false);
    writer.string(member.groupInstanceId, false);
    writer.string(member.clientId, false);
    writer.string(member.clientHost, false);
    writer.int32(member.rebalanceTimeoutMs);
    writer.int32(member.sessionTimeoutMs);
    writer.bytes(member.subscription, false);
    writer.bytes(member.assignment, false);
  }
  return Buffer.concat(writer.finish());
}

/** Null for a newer version than this one reads. Throws WireError. */
export function decodeGroup(bytes: Buffer): StoredGroup | null {
  const reader = new Reader(bytes);
  const version = reader.int16();
  if (version < 0 || version > VALUE_VERSION) return null;
  const protocolType = reader.string(false);
  const generationId = reader.int32();
  const protocolName = reader.nullableString(false);
  const leaderId = reader.nullableString(false);
  const phaseSinceMs = version >= 2 ? Number(reader.int64()) : -1;
  const count = Math.max(0, reader.arrayLength(false, 8));
  const members = Array.from({ length: count }, () => decodeMember(reader, version));
  return { protocolType, generationId, protocolName, leaderId, phaseSinceMs, members };
}

function decodeMember(reader: Reader, version: number): StoredMember {
  const memberId = reader.string(false);
  const groupInstanceId = version >= 3 ? reader.nullableString(false) : null;
  const clientId = reader.string(false);
  const clientHost = reader.string(false);
  const rebalanceTimeoutMs = version >= 1 ? reader.int32() : -1;
  const sessionTimeoutMs = reader.int32();
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
    subscription: Buffer.from(reader.bytes(false)),
    assignment: Buffer.from(reader.bytes(false)),
  };
}
