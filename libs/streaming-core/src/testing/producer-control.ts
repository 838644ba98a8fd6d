import { ERROR, errorName } from '../wire/error-codes.js';
import type { DirectClient } from './direct-client.js';

const INIT_PRODUCER_ID = 22;
const TRANSACTION_TIMEOUT_MS = 60_000;

/** Starts a producer of the same transactional id, which is what fences the older one (KIP-98). */
export async function fenceProducer(client: DirectClient, transactionalId: string): Promise<void> {
  const request = { transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS };
  const { errorCode } = await client.ask(INIT_PRODUCER_ID, 1, request);
  // An open transaction is aborted first; its producer is fenced from that moment on.
  if (errorCode === ERROR.NONE || errorCode === ERROR.CONCURRENT_TRANSACTIONS) return;
  throw new Error(`cannot fence ${transactionalId}: ${errorName(errorCode)}`);
}
