import { CLUSTER } from '../../security/acl.js';
import type { RequestOf } from '../../wire/api.js';
import type { ALTER_CLIENT_QUOTAS } from '../../wire/apis/49-alter-client-quotas.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { parseEntity, QuotaError } from '../quotas/quota-entity.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

type Entry = RequestOf<typeof ALTER_CLIENT_QUOTAS>['entries'][number];

/** Changes quotas entity by entity: one that cannot be changed does not keep the others from it. */
export function alterClientQuotas({ quotas, logger }: BrokerServices): Handler<49> {
  return ({ entries, validateOnly }, context) => {
    const isAllowed = context.authorize('ALTER_CONFIGS', CLUSTER);
    const alter = ({ entity, ops }: Entry): readonly [KafkaErrorName, string | null] => {
      if (!isAllowed) return ['CLUSTER_AUTHORIZATION_FAILED', 'Cluster authorization failed.'];
      try {
        quotas.alter(parseEntity(entity), ops, validateOnly);
        if (!validateOnly) logger.info({ entity, ops, principal: context.principal }, 'client quotas altered');
        return ['NONE', null];
      } catch (error) {
        if (error instanceof QuotaError) return [error.code, error.message];
        logger.error({ err: error, entity }, 'cannot alter client quotas');
        return ['KAFKA_STORAGE_ERROR', 'the quotas could not be written'];
      }
    };
    return {
      entries: entries.map((entry) => {
        const [code, errorMessage] = alter(entry);
        return { errorCode: ERROR[code], errorMessage, entity: entry.entity };
      }),
    };
  };
}
