/**
 * Records of the internal topic `__transaction_state` in the formats of Apache Kafka (TransactionLogKey 0, TransactionLogValue
 * 0 and 1), so that Kafka's tools read them. Version 1 has tagged fields; it is what brokers with transaction version 2 write.
 */
import { Reader, type TagReader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import {
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  partitionName,
  stateId,
  stateOfId,
  type TopicPartition,
  type TransactionMetadata,
} from './transaction-types.js';

const KEY_VERSION = 0;
const VALUE_VERSION = 1;
const TAG = { previousProducerId: 0, nextProducerId: 1, clientVersion: 2 } as const;
/** A name's length and an array's, at least. */
const TOPIC_BYTES_MIN = 2;

export function encodeTransactionKey(transactionalId: string): Buffer {
  const writer = new Writer();
  writer.int16(KEY_VERSION);
  writer.string(transactionalId, false);
  return Buffer.concat(writer.finish());
}

/** The transactional id, or null for a kind of record that this version does not know. Throws WireError. */
export function decodeTransactionKey(bytes: Buffer): string | null {
  const reader = new Reader(bytes);
  return reader.int16() === KEY_VERSION ? reader.string(false) : null;
}

export function encodeTransaction(metadata: TransactionMetadata): Buffer {
  const writer = new Writer();
  writer.int16(VALUE_VERSION);
  writer.int64(metadata.producerId);
  writer.int16(metadata.producerEpoch);
  writer.int32(metadata.timeoutMs);
  writer.int8(stateId(metadata.state));
  writePartitions(writer, metadata);
  writer.int64(BigInt(metadata.updatedAtMs));
  writer.int64(BigInt(metadata.startedAtMs));
  writeTags(writer, metadata);
  return Buffer.concat(writer.finish());
}

/** Null for a newer version than this one reads, or a state that no version has. Throws WireError. */
export function decodeTransaction(transactionalId: string, bytes: Buffer): TransactionMetadata | null {
  const reader = new Reader(bytes);
  const version = reader.int16();
  if (version < 0 || version > VALUE_VERSION) return null;
  const isCompact = version >= 1;
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const timeoutMs = reader.int32();
  const state = stateOfId(reader.int8());
  const partitions = readPartitions(reader, isCompact);
  const updatedAtMs = Number(reader.int64());
  const startedAtMs = Number(reader.int64());
  const tags = isCompact ? readTags(reader) : NO_TAGS;
  if (state === null) return null;
  return {
    transactionalId,
    producerId,
    producerEpoch,
    // Not stored, in Kafka either: a retry over a restart of the coordinator fails.
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs,
    state,
    partitions: new Map(partitions.map((each) => [partitionName(each), each])),
    updatedAtMs,
    startedAtMs,
    ...tags,
  };
}

function writePartitions(writer: Writer, { state, partitions }: TransactionMetadata): void {
  if (state === 'Empty') {
    writer.arrayLength(-1, true);
    return;
  }
  const byTopic = Map.groupBy(partitions.values(), ({ topic }) => topic);
  writer.arrayLength(byTopic.size, true);
  for (const [topic, entries] of byTopic) {
    writer.string(topic, true);
    writer.arrayLength(entries.length, true);
    for (const { partition } of entries) writer.int32(partition);
    writer.uvarint(0);
  }
}

function readPartitions(reader: Reader, isCompact: boolean): TopicPartition[] {
  const partitions: TopicPartition[] = [];
  const topics = Math.max(0, reader.arrayLength(isCompact, TOPIC_BYTES_MIN));
  for (let index = 0; index < topics; index++) {
    const topic = reader.string(isCompact);
    const count = Math.max(0, reader.arrayLength(isCompact, 4));
    for (let each = 0; each < count; each++) partitions.push({ topic, partition: reader.int32() });
    if (isCompact) reader.taggedFields(null, null);
  }
  return partitions;
}

type Tags = Pick<TransactionMetadata, 'previousProducerId' | 'nextProducerId' | 'clientVersion'>;

const NO_TAGS: Tags = { previousProducerId: NO_PRODUCER_ID, nextProducerId: NO_PRODUCER_ID, clientVersion: 0 };

function writeTags(writer: Writer, { previousProducerId, nextProducerId, clientVersion }: TransactionMetadata): void {
  const hasPrevious = previousProducerId !== NO_PRODUCER_ID;
  const hasNext = nextProducerId !== NO_PRODUCER_ID;
  const hasVersion = clientVersion !== 0;
  writer.uvarint(Number(hasPrevious) + Number(hasNext) + Number(hasVersion));
  if (hasPrevious) writeTag(writer, TAG.previousProducerId, 8, () => writer.int64(previousProducerId));
  if (hasNext) writeTag(writer, TAG.nextProducerId, 8, () => writer.int64(nextProducerId));
  if (hasVersion) writeTag(writer, TAG.clientVersion, 2, () => writer.int16(clientVersion));
}

function writeTag(writer: Writer, tag: number, sizeBytes: number, write: () => void): void {
  writer.uvarint(tag);
  writer.uvarint(sizeBytes);
  write();
}

type MutableTags = { -readonly [K in keyof Tags]: Tags[K] };

const TAG_READERS: ReadonlyMap<number, TagReader<MutableTags>> = new Map<number, TagReader<MutableTags>>([
  [TAG.previousProducerId, (reader, tags) => (tags.previousProducerId = reader.int64())],
  [TAG.nextProducerId, (reader, tags) => (tags.nextProducerId = reader.int64())],
  [TAG.clientVersion, (reader, tags) => (tags.clientVersion = reader.int16() >= 2 ? 2 : 0)],
]);

function readTags(reader: Reader): Tags {
  const tags: MutableTags = { ...NO_TAGS };
  reader.taggedFields(TAG_READERS, tags);
  return tags;
}
