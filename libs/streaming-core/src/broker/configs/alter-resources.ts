import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import { protectedBy, refusedFor } from './config-access.js';
import { refusalOf } from './config-resources.js';

interface NamedResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/**
 * Changes each resource of a request by itself, as AlterConfigs and IncrementalAlterConfigs do: one that cannot be changed does
 * not keep the others from it. A resource that the request names twice is not changed at all.
 */
export function alterResources<R extends NamedResource>(
  { logger }: BrokerServices,
  context: RequestContext,
  resources: readonly R[],
  alter: (resource: R) => void,
) {
  const named = new Map<string, number>();
  for (const resource of resources) named.set(keyOf(resource), (named.get(keyOf(resource)) ?? 0) + 1);
  const unique = [...new Map(resources.map((resource) => [keyOf(resource), resource])).values()];
  return unique.map((resource) => {
    const { resourceType, resourceName } = resource;
    const respond = (code: KafkaErrorName, errorMessage: string | null) => ({
      errorCode: ERROR[code],
      errorMessage,
      resourceType,
      resourceName,
    });
    if (named.get(keyOf(resource))! > 1) {
      return respond('INVALID_REQUEST', `Error due to duplicate config resource: ${resourceName}`);
    }
    if (!context.authorize('ALTER_CONFIGS', protectedBy(resourceType, resourceName))) {
      return respond(refusedFor(resourceType), null);
    }
    try {
      alter(resource);
      logger.info({ resourceType, resourceName, principal: context.principal }, 'configs altered');
      return respond('NONE', null);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== null) return respond(refusal.code, refusal.message);
      logger.error({ err: error, resourceType, resourceName }, 'cannot alter configs');
      return respond('KAFKA_STORAGE_ERROR', 'the configs could not be written');
    }
  });
}

function keyOf({ resourceType, resourceName }: NamedResource): string {
  return `${resourceType} ${resourceName}`;
}
