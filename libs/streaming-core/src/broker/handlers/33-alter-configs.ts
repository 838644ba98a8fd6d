import { alterResources } from '../configs/alter-resources.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

/** Replaces all configs of a resource. Clients should use IncrementalAlterConfigs, which cannot undo what others set. */
export function alterConfigs(services: BrokerServices): Handler<33> {
  return ({ resources, validateOnly }, context) => ({
    responses: alterResources(services, context, resources, ({ resourceType, resourceName, configs }) =>
      services.configs.replace(resourceType, resourceName, configs, validateOnly),
    ),
  });
}
