import type { Partition } from '../../replica/partition.js';
import { transactionalIdResource } from '../../security/acl.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';
import { BATCH_HEADER_BYTES, BATCH_MAGIC, RecordBatch } from '../../wire/records/record-batch.js';
import type { RequestContext } from '../request-context.js';
import type { TransactionalWrites, UnknownPartition } from './transactional-writes.js';

/** First version that knows TRANSACTION_ABORTABLE, and the first that adds partitions to the transaction by itself (KIP-890). */
const ABORTABLE_FROM = 11;
const ADDS_FROM = 12;

export interface ProducedBatch {
  readonly partition: Partition;
  readonly records: Buffer | null;
}

/** Whether a batch may be appended as part of its transaction, by partition; what is not in it is in no transaction. */
export type Admission = ReadonlyMap<Partition, KafkaErrorName>;

const NOTHING_TRANSACTIONAL: Admission = new Map();

/** Asks the coordinator about the transactional batches of a request. At once unless partitions must be added. */
export function admitProduced(
  writes: TransactionalWrites,
  transactionalId: string | null,
  produced: readonly ProducedBatch[],
  context: RequestContext,
): Admission | Promise<Admission> {
  const batches = produced.flatMap(({ partition, records }) => {
    const batch = transactionalBatch(records);
    return batch === null ? [] : [{ partition, batch }];
  });
  if (batches.length === 0) return NOTHING_TRANSACTIONAL;
  const partitions = batches.map(({ partition }) => partition);
  const mayWrite = transactionalId !== null && context.authorize('WRITE', transactionalIdResource(transactionalId));
  if (!mayWrite) return new Map(partitions.map((each) => [each, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED']));
  const { producerId, producerEpoch } = batches[0]!.batch;
  // One producer has sent the request; what claims to be another's was never added to its transaction.
  const isForeign = ({ batch }: (typeof batches)[number]) =>
    batch.producerId !== producerId || batch.producerEpoch !== producerEpoch;
  if (batches.some(isForeign)) return new Map(partitions.map((each) => [each, 'INVALID_RECORD']));
  const places = partitions.map((log) => ({ topic: log.topic, partition: log.index, log }));
  const write = { transactionalId, producerId, producerEpoch, unknownPartition: ruleOf(context.apiVersion) };
  const errors = writes.admit(write, places);
  const byPartition = (list: readonly KafkaErrorName[]): Admission =>
    new Map(partitions.map((each, index) => [each, list[index]!]));
  return errors instanceof Promise ? errors.then(byPartition) : byPartition(errors);
}

function ruleOf(apiVersion: number): UnknownPartition {
  if (apiVersion >= ADDS_FROM) return 'add';
  return apiVersion >= ABORTABLE_FROM ? 'abort' : 'refuse';
}

/** Null too for what is no batch: that is found when it is checked whole. */
function transactionalBatch(records: Buffer | null): RecordBatch | null {
  if (records === null || records.length < BATCH_HEADER_BYTES) return null;
  const batch = new RecordBatch(records);
  return batch.magic === BATCH_MAGIC && batch.isTransactional ? batch : null;
}
