import { decodeRecords, encodeBatch } from './record-codec.js';
import { RecordBatchError, type RecordBatch } from './record-batch.js';

/**
 * The record in a control batch that ends a producer's transaction in one partition. Key: int16 version, int16 type (0 abort, 1
 * commit); value: int16 version, int32 coordinator epoch (Kafka's EndTransactionMarker, version 0).
 */
export interface TransactionMarker {
  readonly isCommit: boolean;
  /** Of the transaction coordinator that decided; an older one's markers are refused. */
  readonly coordinatorEpoch: number;
}

const VERSION = 0;
const TYPE = { abort: 0, commit: 1 } as const;
const KEY_BYTES = 4;
const VALUE_BYTES = 6;

export function encodeMarkerBatch(
  marker: TransactionMarker & { readonly producerId: bigint; readonly producerEpoch: number },
  timestampMs: number,
): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeInt16BE(VERSION, 0);
  key.writeInt16BE(marker.isCommit ? TYPE.commit : TYPE.abort, 2);
  const value = Buffer.alloc(VALUE_BYTES);
  value.writeInt16BE(VERSION, 0);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  return encodeBatch({
    records: [{ timestamp: BigInt(timestampMs), key, value }],
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
  });
}

/**
 * Null for other control records (of consensus, say) and for a batch that compaction has emptied. Throws
 * {@link RecordBatchError} CORRUPT_MESSAGE.
 */
export function decodeMarker(batch: RecordBatch): TransactionMarker | null {
  if (!batch.isControl || batch.recordCount === 0) return null;
  const { key, value } = decodeRecords(batch)[0]!;
  if (key === null || key.length < KEY_BYTES) {
    throw new RecordBatchError('CORRUPT_MESSAGE', 'the record of a control batch has no type');
  }
  const type = key.readInt16BE(2);
  if (type !== TYPE.abort && type !== TYPE.commit) return null;
  if (value === null || value.length < VALUE_BYTES) {
    throw new RecordBatchError('CORRUPT_MESSAGE', 'a transaction marker has no coordinator epoch');
  }
  return { isCommit: type === TYPE.commit, coordinatorEpoch: value.readInt32BE(2) };
}
