import type { KafkaErrorName } from '../wire/error-codes.js';
import type { EndInput, ProducerIdentity } from './coordinator-types.js';
import { isEpochExhausted, NO_PRODUCER_EPOCH, type TransactionMetadata } from './transaction-types.js';

/** What Apache Kafka's TransactionCoordinator checks before a step, with its answers. Pure. */

/**
 * Whether who asks for a new epoch may go on from who it was (KIP-360): nothing is known of it, it is the producer, or it was until
 * its last epoch was used up and did not hear the answer.
 */
export function isExpectedProducer(
  metadata: TransactionMetadata,
  { producerId, producerEpoch }: ProducerIdentity,
): boolean {
  return (
    metadata.producerEpoch === NO_PRODUCER_EPOCH ||
    producerId === metadata.producerId ||
    (producerId === metadata.previousProducerId && isEpochExhausted(producerEpoch))
  );
}

/** Whether a producer may add to, or write within, the transaction. */
export function checkProducer(
  metadata: TransactionMetadata,
  { producerId, producerEpoch }: ProducerIdentity,
): KafkaErrorName {
  if (metadata.producerId !== producerId) return 'INVALID_PRODUCER_ID_MAPPING';
  if (metadata.producerEpoch !== producerEpoch) return 'PRODUCER_FENCED';
  const isDecided = metadata.state === 'PrepareCommit' || metadata.state === 'PrepareAbort';
  return isDecided ? 'CONCURRENT_TRANSACTIONS' : 'NONE';
}

/** `end`: decide the outcome. NONE: it is decided already, as asked. Else the error. */
export function checkEnd(metadata: TransactionMetadata, input: EndInput, isMoving: boolean): KafkaErrorName | 'end' {
  const retry = input.clientVersion === 2 && isRetry(metadata, input);
  // The producer id changes when the last epoch's transaction is complete.
  if (metadata.producerId !== input.producerId && !retry) return 'INVALID_PRODUCER_ID_MAPPING';
  if (!isValidEpoch(metadata, input, retry)) return 'PRODUCER_FENCED';
  if (isMoving) return 'CONCURRENT_TRANSACTIONS';
  const { isCommit } = input;
  switch (metadata.state) {
    case 'Ongoing':
      return 'end';
    case 'PrepareCommit':
      return isCommit ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_TXN_STATE';
    case 'PrepareAbort':
      return isCommit ? 'INVALID_TXN_STATE' : 'CONCURRENT_TRANSACTIONS';
    case 'CompleteCommit':
    case 'CompleteAbort': {
      const isSame = isCommit === (metadata.state === 'CompleteCommit');
      if (input.clientVersion !== 2) return isSame ? 'NONE' : 'INVALID_TXN_STATE';
      if (retry) return isSame ? 'NONE' : 'INVALID_TXN_STATE';
      return isCommit ? 'INVALID_TXN_STATE' : 'end';
    }
    case 'Empty':
      return input.clientVersion === 2 && !isCommit ? 'end' : 'INVALID_TXN_STATE';
    case 'Dead':
      return 'INVALID_PRODUCER_ID_MAPPING';
  }
}

/** Version 2 (KIP-890): the epoch that the client names is the one before what its first, unanswered request made of it. */
function isRetry(metadata: TransactionMetadata, { producerId, producerEpoch }: EndInput): boolean {
  if (metadata.clientVersion !== 2) return false;
  const { state } = metadata;
  const isEnded = state !== 'Ongoing' && state !== 'Empty' && state !== 'Dead';
  if (!isEnded) return false;
  if (metadata.producerId === producerId) return metadata.producerEpoch === producerEpoch + 1;
  return (
    metadata.previousProducerId === producerId &&
    isEpochExhausted(producerEpoch) &&
    metadata.producerEpoch === 0 &&
    (state === 'CompleteCommit' || state === 'CompleteAbort')
  );
}

function isValidEpoch(
  metadata: TransactionMetadata,
  { producerEpoch, clientVersion }: EndInput,
  retry: boolean,
): boolean {
  if (retry) return true;
  // A request that is no retry finds a decided transaction only by the older rules, where the epoch stays.
  const isDecided = metadata.state === 'PrepareCommit' || metadata.state === 'PrepareAbort';
  if (clientVersion === 2 && isDecided) return false;
  return producerEpoch === metadata.producerEpoch;
}
