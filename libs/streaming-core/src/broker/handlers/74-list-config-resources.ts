import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { RESOURCE_TYPE } from '../configs/config-resources.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

/** What version 0, ListClientMetricsResources, asks for. */
const ONLY_CLIENT_METRICS = [RESOURCE_TYPE.clientMetrics];
const ALL_TYPES = Object.values(RESOURCE_TYPE);

/** Names everything that has configs, by type (KIP-1142). No types are all types. */
export function listConfigResources({ configs }: BrokerServices): Handler<74> {
  return ({ resourceTypes }, context) => {
    if (!context.authorize('DESCRIBE_CONFIGS', CLUSTER)) {
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, configResources: [] };
    }
    const asked = resourceTypes.length === 0 ? ALL_TYPES : [...new Set(resourceTypes)];
    const types: readonly number[] = context.apiVersion === 0 ? ONLY_CLIENT_METRICS : asked;
    if (!types.every((type) => ALL_TYPES.some((known) => known === type))) {
      return { errorCode: ERROR.UNSUPPORTED_VERSION, configResources: [] };
    }
    const configResources = types.flatMap((resourceType) =>
      configs.names(resourceType).map((resourceName) => ({ resourceName, resourceType })),
    );
    return { errorCode: ERROR.NONE, configResources };
  };
}
