import { CorruptLogError, OffsetOutOfRangeError } from '../log/log-errors.js';
import { InvalidTopicConfigError } from '../log/log-config.js';
import { StorageError } from '../ports/storage.js';
import type { KafkaErrorName } from '../wire/error-codes.js';
import { RecordBatchError } from '../wire/records/record-batch.js';

/** A request that a partition or the topic store refuses. `errorName` is what the protocol answers. */
export class PartitionError extends Error {
  override readonly name = 'PartitionError';
  constructor(
    readonly errorName: KafkaErrorName,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The protocol's answer to any error that this floor or the log throws. */
export function errorNameOf(error: unknown): KafkaErrorName {
  if (error instanceof PartitionError || error instanceof RecordBatchError) return error.errorName;
  if (error instanceof OffsetOutOfRangeError) return 'OFFSET_OUT_OF_RANGE';
  if (error instanceof InvalidTopicConfigError) return 'INVALID_CONFIG';
  if (error instanceof StorageError || error instanceof CorruptLogError) return 'KAFKA_STORAGE_ERROR';
  return 'UNKNOWN_SERVER_ERROR';
}
