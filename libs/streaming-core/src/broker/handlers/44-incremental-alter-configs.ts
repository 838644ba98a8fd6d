import { alterResources } from '../configs/alter-resources.js';
import { CONFIG_OPERATIONS, ConfigError, type ConfigOperation } from '../configs/config-operations.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

/** Changes single configs of a resource (KIP-339). */
export function incrementalAlterConfigs(services: BrokerServices): Handler<44> {
  return ({ resources, validateOnly }, context) => ({
    responses: alterResources(services, context, resources, ({ resourceType, resourceName, configs }) => {
      const changes = configs.map(({ name, configOperation, value }) => ({
        name,
        value,
        operation: operationOf(configOperation),
      }));
      services.configs.change(resourceType, resourceName, changes, validateOnly);
    }),
  });
}

function operationOf(code: number): ConfigOperation {
  const operation = CONFIG_OPERATIONS[code];
  if (operation === undefined) throw new ConfigError('INVALID_REQUEST', `Unknown operation type ${code}`);
  return operation;
}
