import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { ConfigEntry } from '../configs/config-entries.js';
import { protectedBy, refusedFor } from '../configs/config-access.js';
import { refusalOf } from '../configs/config-resources.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

/** Settings of topics, brokers and groups, with where each value comes from. */
export function describeConfigs({ configs, logger }: BrokerServices): Handler<32> {
  return (request, context) => ({
    // Each resource once, however often it is named: a small request must not make a huge answer.
    results: [
      ...new Map(request.resources.map((each) => [`${each.resourceType} ${each.resourceName}`, each])).values(),
    ].map(({ resourceType, resourceName, configurationKeys }) => {
      const result = (code: KafkaErrorName, errorMessage: string | null, entries: readonly ConfigEntry[]) => ({
        errorCode: ERROR[code],
        errorMessage,
        resourceType,
        resourceName,
        configs: entries
          .filter(({ name }) => isWanted(configurationKeys, name))
          .map(({ synonyms, documentation, ...entry }) => ({
            ...entry,
            synonyms: request.includeSynonyms ? synonyms : [],
            documentation: request.includeDocumentation ? documentation : null,
          })),
      });
      if (!context.authorize('DESCRIBE_CONFIGS', protectedBy(resourceType, resourceName))) {
        return result(refusedFor(resourceType), null, []);
      }
      try {
        return result('NONE', null, configs.describe(resourceType, resourceName));
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal !== null) return result(refusal.code, refusal.message, []);
        logger.error({ err: error, resourceType, resourceName }, 'cannot describe configs');
        return result('UNKNOWN_SERVER_ERROR', null, []);
      }
    }),
  });
}

function isWanted(keys: readonly string[] | null, name: string): boolean {
  return keys === null || keys.length === 0 || keys.includes(name);
}
