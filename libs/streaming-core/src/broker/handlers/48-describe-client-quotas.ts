import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { entityParts, QuotaError } from '../quotas/quota-entity.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

export function describeClientQuotas({ quotas }: BrokerServices): Handler<48> {
  return ({ components, strict }, context) => {
    if (!context.authorize('DESCRIBE_CONFIGS', CLUSTER)) {
      const errorMessage = 'Cluster authorization failed.';
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, errorMessage, entries: null };
    }
    try {
      const entries = quotas.describe(components, strict).map(({ entity, values }) => ({
        entity: entityParts(entity),
        values: Object.entries(values).map(([key, value]) => ({ key, value })),
      }));
      return { errorCode: ERROR.NONE, errorMessage: null, entries };
    } catch (error) {
      if (!(error instanceof QuotaError)) throw error;
      return { errorCode: ERROR[error.code], errorMessage: error.message, entries: null };
    }
  };
}
