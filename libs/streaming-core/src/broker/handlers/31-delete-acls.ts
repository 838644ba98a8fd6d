import { CLUSTER } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { bindingToWire, filterFromWire } from '../security/acl-wire.js';
import { NO_AUTHORIZER } from './29-describe-acls.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** Removes the access rules that match each filter, durably. */
export function deleteAcls({ security, logger }: BrokerServices): Handler<31> {
  return ({ filters }, context) => {
    const refused = (error: KafkaErrorName, errorMessage: string | null) => ({
      errorCode: ERROR[error] as number,
      errorMessage,
      matchingAcls: [],
    });
    const all = (...why: Parameters<typeof refused>) => ({ filterResults: filters.map(() => refused(...why)) });
    if (!context.authorize('ALTER', CLUSTER)) return all('CLUSTER_AUTHORIZATION_FAILED', null);
    const { authorizer } = security;
    if (authorizer === null) return all('SECURITY_DISABLED', NO_AUTHORIZER);
    const matches = filters.map((wire) => {
      const filter = filterFromWire(wire);
      return filter === null ? null : authorizer.matching(filter);
    });
    const removed = new Set(matches.flatMap((each) => each ?? []));
    try {
      security.removeAcls([...removed]);
    } catch (error) {
      logger.error({ err: error }, 'cannot write access rules');
      return all('KAFKA_STORAGE_ERROR', 'the access rules could not be written');
    }
    for (const acl of removed) logger.info({ by: context.principal, acl }, 'access rule removed');
    return {
      filterResults: matches.map((match) => {
        if (match === null)
          return refused('INVALID_REQUEST', 'an unknown resource type, pattern type, operation or permission');
        const matchingAcls = match.map((acl) => ({ errorCode: ERROR.NONE, errorMessage: null, ...bindingToWire(acl) }));
        return { errorCode: ERROR.NONE, errorMessage: null, matchingAcls };
      }),
    };
  };
}
