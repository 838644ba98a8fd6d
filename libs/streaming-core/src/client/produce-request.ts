import { Writer, type Connection, type Reader } from '@platformatic/kafka';
import { asStreamClientError } from './kafka-errors.js';

const API_KEY = 0;
const API_VERSION = 9;
const ACKS_ALL = -1;

export interface PartitionProduce {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface PartitionProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Sends finished batches with acks=all, in a transaction or (null) not; one result per partition. Rejects `BROKER_UNREACHABLE` without an answer. */
export function produce(
  connection: Connection,
  partitions: readonly PartitionProduce[],
  timeoutMs: number,
  transactionalId: string | null,
): Promise<readonly PartitionProduceResult[]> {
  return new Promise((resolve, reject) => {
    connection.send(
      API_KEY,
      API_VERSION,
      () => encode(partitions, timeoutMs, transactionalId),
      (_correlationId, _apiKey, _apiVersion, reader) => decode(reader),
      true,
      true,
      (error, results) => {
        if (error || !results) reject(asStreamClientError(error, 'BROKER_UNREACHABLE', 'produce failed'));
        else resolve(results);
      },
    );
  });
}

function encode(partitions: readonly PartitionProduce[], timeoutMs: number, transactionalId: string | null): Writer {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(ACKS_ALL)
    .appendInt32(timeoutMs)
    .appendArray([...byTopic], (writer, [topic, entries]) => {
      writer.appendString(topic).appendArray(entries, (w, { partition, batch }) => {
        w.appendInt32(partition).appendBytes(batch);
      });
    })
    .appendTaggedFields();
}

function decode(reader: Reader): PartitionProduceResult[] {
  const results: PartitionProduceResult[] = [];
  reader.readArray((r) => {
    const topic = r.readString();
    r.readArray(() => {
      const partition = r.readInt32();
      const errorCode = r.readInt16();
      r.skip(24); // base offset, log append time, log start offset
      r.readArray(() => {
        r.readInt32();
        r.readNullableString();
      });
      results.push({ topic, partition, errorCode, errorMessage: r.readNullableString() });
    });
  });
  return results;
}
