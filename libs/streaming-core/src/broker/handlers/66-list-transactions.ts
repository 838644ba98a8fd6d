import { compileRegex } from '../../groups/consumer/regex.js';
import { transactionalIdResource } from '../../security/acl.js';
import { isTransactionState, type TransactionMetadata } from '../../transactions/transaction-types.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** The transactional ids that are known, by state, producer, age and a pattern for the whole id (KIP-664, KIP-994, KIP-1152). */
export function listTransactions({ transactions, clock }: BrokerServices): Handler<66> {
  return ({ stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }, context) => {
    const nothing = { unknownStateFilters: [], transactionStates: [] };
    const { coordinator } = transactions.service;
    if (coordinator.isLoading) return { errorCode: ERROR.COORDINATOR_LOAD_IN_PROGRESS, ...nothing };
    const pattern = transactionalIdPattern ? compileRegex(transactionalIdPattern) : undefined;
    if (pattern === null) return { errorCode: ERROR.INVALID_REGULAR_EXPRESSION, ...nothing };
    const nowMs = clock.nowMs();
    const producerIds = new Set(producerIdFilters);
    const states = new Set(stateFilters);
    const isAsked = ({ transactionalId, producerId, state, startedAtMs }: TransactionMetadata): boolean =>
      state !== 'Dead' &&
      (producerIds.size === 0 || producerIds.has(producerId)) &&
      (states.size === 0 || states.has(state)) &&
      (durationFilter < 0n || nowMs - startedAtMs > durationFilter) &&
      (pattern === undefined || pattern.matches(transactionalId));
    return {
      errorCode: ERROR.NONE,
      unknownStateFilters: stateFilters.filter((name) => !isTransactionState(name)),
      transactionStates: coordinator
        .all()
        .filter(isAsked)
        .filter(({ transactionalId }) => context.authorize('DESCRIBE', transactionalIdResource(transactionalId)))
        .map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId, transactionState: state })),
    };
  };
}
