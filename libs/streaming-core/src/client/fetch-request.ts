import { Writer, type Connection, type Reader } from '@platformatic/kafka';
import { asStreamClientError } from './kafka-errors.js';
import type { AbortedTransaction } from './record-batch-reader.js';

const API_KEY = 1;
const API_VERSION = 12;
const NO_REPLICA = -1;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const NO_SESSION_EPOCH = -1;

export interface FetchLimits {
  /** How long the broker waits for the first record. */
  readonly waitMs: number;
  readonly responseBytesMax: number;
  readonly partitionBytesMax: number;
  /** Default `read_committed`. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
}

export interface PartitionToFetch {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly aborted: readonly AbortedTransaction[];
  readonly recordBytes: Buffer;
}

const NO_BYTES = Buffer.alloc(0);

/** One fetch (no session). Rejects `BROKER_UNREACHABLE` without an answer, `FETCH_FAILED` if it is refused. */
export function fetchRecords(
  connection: Connection,
  partitions: readonly PartitionToFetch[],
  limits: FetchLimits,
): Promise<readonly FetchedPartition[]> {
  return new Promise((resolve, reject) => {
    connection.send(
      API_KEY,
      API_VERSION,
      () => encode(partitions, limits),
      (_correlationId, _apiKey, _apiVersion, reader) => decode(reader),
      true,
      true,
      (error, fetched) => {
        if (error || !fetched) reject(asStreamClientError(error, 'BROKER_UNREACHABLE', 'fetch failed'));
        else resolve(fetched);
      },
    );
  });
}

function encode(partitions: readonly PartitionToFetch[], limits: FetchLimits): Writer {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  return Writer.create()
    .appendInt32(NO_REPLICA)
    .appendInt32(limits.waitMs)
    .appendInt32(1) // min bytes
    .appendInt32(limits.responseBytesMax)
    .appendInt8(limits.isolation === 'read_uncommitted' ? READ_UNCOMMITTED : READ_COMMITTED)
    .appendInt32(0) // session id
    .appendInt32(NO_SESSION_EPOCH)
    .appendArray([...byTopic], (writer, [topic, entries]) => {
      writer.appendString(topic).appendArray(entries, (w, { partition, offset }) => {
        w.appendInt32(partition)
          .appendInt32(-1) // current leader epoch: not checked
          .appendInt64(offset)
          .appendInt32(-1) // last fetched epoch: not checked
          .appendInt64(-1n) // log start offset: for replicas only
          .appendInt32(limits.partitionBytesMax);
      });
    })
    .appendArray([], () => undefined) // forgotten topics
    .appendString('') // rack
    .appendTaggedFields();
}

/** Positions are read from one flat buffer, and record bytes are views of it: nothing is copied per partition. */
function decode(source: Reader): FetchedPartition[] {
  const bytes = source.buffer.slice(0);
  const reader = source;
  reader.readInt32(); // throttle time
  const errorCode = reader.readInt16();
  reader.readInt32(); // session id
  const fetched: FetchedPartition[] = [];
  reader.readArray((r) => {
    const topic = r.readString();
    r.readArray(() => {
      const partition = r.readInt32();
      const partitionErrorCode = r.readInt16();
      const highWatermark = r.readInt64();
      r.skip(16); // last stable offset, log start offset
      const aborted = r.readNullableArray(() => ({ producerId: r.readInt64(), firstOffset: r.readInt64() })) ?? [];
      r.readInt32(); // preferred read replica
      const length = r.readUnsignedVarInt() - 1;
      const recordBytes = length > 0 ? bytes.subarray(r.position, r.position + length) : NO_BYTES;
      if (length > 0) r.skip(length);
      fetched.push({
        topic,
        partition,
        errorCode: errorCode === 0 ? partitionErrorCode : errorCode,
        highWatermark,
        aborted,
        recordBytes,
      });
    });
  });
  return fetched;
}
