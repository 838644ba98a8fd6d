import { strict as assert } from 'node:assert';
import {
  assertTransition,
  isEpochExhausted,
  NO_PARTITIONS,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  partitionName,
  type TopicPartition,
  type TransactionMetadata,
  type TransactionState,
  type TransactionVersion,
} from './transaction-types.js';

/** Each function gives the metadata after one step; the caller logs it and only then lets it count. Pure. */

/** A transactional id that is seen for the first time; its first epoch, 0, comes with {@link bumpEpoch}. */
export function newMetadata(
  transactionalId: string,
  producerId: bigint,
  timeoutMs: number,
  nowMs: number,
): TransactionMetadata {
  return {
    transactionalId,
    producerId,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs,
    state: 'Empty',
    partitions: NO_PARTITIONS,
    startedAtMs: -1,
    updatedAtMs: nowMs,
    clientVersion: 0,
  };
}

/**
 * InitProducerId: a new epoch, which fences those before. With `expectedEpoch` (KIP-360) the producer goes on after an error:
 * the same epoch twice is a retry and gets the same answer. Null: the producer is fenced.
 */
export function bumpEpoch(
  from: TransactionMetadata,
  timeoutMs: number,
  expectedEpoch: number | null,
  nowMs: number,
): TransactionMetadata | null {
  const isRetry = expectedEpoch !== null && expectedEpoch !== from.producerEpoch;
  if (isRetry && from.producerEpoch !== NO_PRODUCER_EPOCH) {
    return expectedEpoch === from.lastProducerEpoch ? begunAnew(from, { timeoutMs, updatedAtMs: nowMs }) : null;
  }
  assert(!isEpochExhausted(from.producerEpoch), 'an epoch is left');
  return begunAnew(from, {
    producerEpoch: from.producerEpoch + 1,
    lastProducerEpoch: expectedEpoch === null ? NO_PRODUCER_EPOCH : from.producerEpoch,
    timeoutMs,
    updatedAtMs: nowMs,
  });
}

/** InitProducerId when the epochs are used up: epoch 0 of another producer id. */
export function rotateProducerId(
  from: TransactionMetadata,
  producerId: bigint,
  timeoutMs: number,
  keepsLastEpoch: boolean,
  nowMs: number,
): TransactionMetadata {
  return begunAnew(from, {
    producerId,
    producerEpoch: 0,
    lastProducerEpoch: keepsLastEpoch ? from.producerEpoch : NO_PRODUCER_EPOCH,
    timeoutMs,
    updatedAtMs: nowMs,
  });
}

export function addPartitions(
  from: TransactionMetadata,
  added: readonly TopicPartition[],
  clientVersion: TransactionVersion,
  nowMs: number,
): TransactionMetadata {
  const partitions = new Map(from.state === 'Ongoing' ? from.partitions : NO_PARTITIONS);
  for (const each of added) partitions.set(partitionName(each), each);
  return moved(from, 'Ongoing', {
    partitions,
    startedAtMs: from.state === 'Ongoing' ? from.startedAtMs : nowMs,
    updatedAtMs: nowMs,
    clientVersion,
  });
}

/**
 * EndTxn: the outcome is decided. By the rules of version 2 the epoch rises here, so that whatever the producer sent before cannot
 * land in its next transaction; `nextProducerId` is then given where that epoch is the last.
 */
export function prepareEnd(
  from: TransactionMetadata,
  isCommit: boolean,
  clientVersion: TransactionVersion,
  nextProducerId: bigint,
  nowMs: number,
): TransactionMetadata {
  const epochs =
    clientVersion === 2 ? { producerEpoch: from.producerEpoch + 1, lastProducerEpoch: from.producerEpoch } : {};
  return moved(from, isCommit ? 'PrepareCommit' : 'PrepareAbort', {
    ...epochs,
    nextProducerId,
    startedAtMs: from.state === 'Ongoing' ? from.startedAtMs : nowMs,
    updatedAtMs: nowMs,
    clientVersion,
  });
}

/** The coordinator aborts on its own (timeout, or another producer took over): who held the epoch is fenced. */
export function prepareFence(from: TransactionMetadata, nowMs: number): TransactionMetadata {
  return moved(from, 'PrepareAbort', {
    producerEpoch: from.producerEpoch + 1,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    nextProducerId: NO_PRODUCER_ID,
    updatedAtMs: nowMs,
    clientVersion: 0,
  });
}

/** The markers are in the logs of all partitions. */
export function complete(from: TransactionMetadata, nowMs: number): TransactionMetadata {
  const rotates = from.nextProducerId !== NO_PRODUCER_ID;
  const producer = rotates
    ? { producerId: from.nextProducerId, producerEpoch: 0, lastProducerEpoch: from.producerEpoch }
    : {};
  return moved(from, from.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort', {
    ...producer,
    previousProducerId: from.producerId,
    nextProducerId: NO_PRODUCER_ID,
    partitions: NO_PARTITIONS,
    updatedAtMs: nowMs,
  });
}

function begunAnew(from: TransactionMetadata, changes: Partial<TransactionMetadata>): TransactionMetadata {
  return moved(from, 'Empty', {
    previousProducerId: from.producerId,
    nextProducerId: NO_PRODUCER_ID,
    partitions: NO_PARTITIONS,
    startedAtMs: -1,
    clientVersion: 0,
    ...changes,
  });
}

function moved(
  from: TransactionMetadata,
  state: TransactionState,
  changes: Partial<TransactionMetadata>,
): TransactionMetadata {
  assertTransition(from.state, state);
  return { ...from, ...changes, state };
}
