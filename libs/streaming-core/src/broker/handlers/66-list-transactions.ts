import { RE2JS, RE2JSException } from 're2js';
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
    const pattern = compile(transactionalIdPattern);
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

/** In RE2's language, as in Kafka: it matches in linear time, whatever the expression. Undefined: all; null: it is none. */
function compile(pattern: string | null): RE2JS | undefined | null {
  if (pattern === null || pattern === '') return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) return null;
    throw error;
  }
}
