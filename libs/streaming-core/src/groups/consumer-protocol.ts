/**
 * What consumers of the classic protocol say inside JoinGroup's metadata and SyncGroup's assignment: Kafka's
 * ConsumerProtocolSubscription and ConsumerProtocolAssignment, versions 0 to 3.
 */
import { compileStruct, type Codec } from '../wire/compile.js';
import { Reader } from '../wire/reader.js';
import { array, arrayOf, bytes, int32, string, type Fields, type MessageOf } from '../wire/schema.js';
import { WireError } from '../wire/wire-error.js';
import { Writer } from '../wire/writer.js';

export const CONSUMER_PROTOCOL_TYPE = 'consumer';
const VERSION_MAX = 3;

const SUBSCRIPTION = {
  topics: arrayOf('0+', 'string'),
  userData: bytes('0+', { nullable: '0+', default: null }),
  ownedPartitions: array('1+', { topic: string('1+'), partitions: arrayOf('1+', 'int32') }, { ignorable: true }),
  generationId: int32('2+', { default: -1, ignorable: true }),
  rackId: string('3+', { nullable: '3+', default: null, ignorable: true }),
};

const ASSIGNMENT = {
  assignedPartitions: array('0+', { topic: string('0+'), partitions: arrayOf('0+', 'int32') }),
  userData: bytes('0+', { nullable: '0+', default: null }),
};

export type Subscription = MessageOf<typeof SUBSCRIPTION>;

const subscriptionCodecs = codecsOf(SUBSCRIPTION);
const assignmentCodecs = codecsOf(ASSIGNMENT);

/**
 * Null for bytes that are no subscription: clients are free to put anything there. Some clients claim a version whose later fields they
 * leave out (kafkajs says 1 and writes 0): what they do write counts.
 */
export function decodeSubscription(metadata: Buffer): Subscription | null {
  const version = versionOf(metadata);
  if (version < 0) return null;
  return decodeAs(metadata, Math.min(version, VERSION_MAX)) ?? decodeAs(metadata, 0);
}

function decodeAs(metadata: Buffer, version: number): Subscription | null {
  try {
    const reader = new Reader(metadata);
    reader.int16();
    return subscriptionCodecs[version]!.decode(reader) as Subscription;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Null for bytes that are no assignment. */
export function decodeAssignment(
  assignment: Buffer,
): readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null {
  try {
    const reader = new Reader(assignment);
    const version = reader.int16();
    if (version < 0) return null;
    const decoded = assignmentCodecs[Math.min(version, VERSION_MAX)]!.decode(reader) as MessageOf<typeof ASSIGNMENT>;
    return decoded.assignedPartitions;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** @param version that of the subscription which is answered, so that its client can read it */
export function encodeAssignment(
  partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  version: number,
): Buffer {
  const writer = new Writer();
  const known = Math.min(Math.max(version, 0), VERSION_MAX);
  writer.int16(known);
  assignmentCodecs[known]!.encode(writer, { assignedPartitions: partitions, userData: null });
  return Buffer.concat(writer.finish());
}

/** The version of a subscription or assignment; 0 if there is none. */
export function versionOf(metadata: Buffer): number {
  return metadata.length < 2 ? 0 : metadata.readInt16BE(0);
}

function codecsOf(fields: Fields): Codec<Record<string, unknown>>[] {
  return Array.from({ length: VERSION_MAX + 1 }, (_, version) => compileStruct(fields, version, false));
}
