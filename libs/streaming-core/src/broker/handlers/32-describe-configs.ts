import { TOPIC_CONFIGS } from '../../log/topic-configs.js';
import { ERROR } from '../../wire/error-codes.js';
import { BROKER_SETTINGS, isBrokerSetting, topicDefaultSetting, type SettingType } from '../settings.js';
import { topicNameProblem } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const RESOURCE = { topic: 2, broker: 4 } as const;
export const CONFIG_SOURCE = { topic: 1, static: 4, default: 5 } as const;
const CONFIG_TYPE: Readonly<Record<Uppercase<SettingType> | 'LIST', number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
};

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: false;
  readonly configType: number;
  readonly documentation: string | null;
  readonly synonyms: { readonly name: string; readonly value: string; readonly source: number }[];
}

export function describeConfigs(services: BrokerServices): Handler<32> {
  return (request) => ({
    // Each resource once, however often it is named: a small request must not make a huge answer.
    results: [
      ...new Map(request.resources.map((each) => [`${each.resourceType} ${each.resourceName}`, each])).values(),
    ].map(({ resourceType, resourceName, configurationKeys }) => {
      const result = (errorCode: number, errorMessage: string | null, entries: readonly Entry[]) => ({
        errorCode,
        errorMessage,
        resourceType,
        resourceName,
        configs: entries
          .filter(
            ({ name }) =>
              configurationKeys === null || configurationKeys.length === 0 || configurationKeys.includes(name),
          )
          .map((entry) => (request.includeSynonyms ? entry : { ...entry, synonyms: [] }))
          .map((entry) => (request.includeDocumentation ? entry : { ...entry, documentation: null })),
      });
      if (resourceType === RESOURCE.broker) {
        const isSelf = resourceName === '' || resourceName === String(services.cluster.self().nodeId);
        if (!isSelf) return result(ERROR.INVALID_REQUEST, `there is no broker ${resourceName} here`, []);
        return result(ERROR.NONE, null, brokerEntries(services));
      }
      if (resourceType !== RESOURCE.topic) {
        return result(ERROR.INVALID_REQUEST, `resources of type ${resourceType} have no settings here`, []);
      }
      const problem = topicNameProblem(resourceName);
      if (problem !== null) return result(ERROR.INVALID_TOPIC_EXCEPTION, problem, []);
      const topic = services.topics.get(resourceName);
      if (!topic) return result(ERROR.UNKNOWN_TOPIC_OR_PARTITION, null, []);
      return result(ERROR.NONE, null, topicEntries(services, topic.configs));
    }),
  });
}

function topicEntries({ config }: BrokerServices, own: Readonly<Record<string, string>>): Entry[] {
  return TOPIC_CONFIGS.map((definition) => {
    const setting = topicDefaultSetting(definition.name);
    const synonyms = [{ name: setting, value: definition.defaultValue, source: CONFIG_SOURCE.default as number }];
    if (config.isGiven(setting)) {
      synonyms.unshift({ name: setting, value: config.topicDefault(definition), source: CONFIG_SOURCE.static });
    }
    const value = own[definition.name];
    if (value !== undefined) synonyms.unshift({ name: definition.name, value, source: CONFIG_SOURCE.topic });
    return {
      name: definition.name,
      value: synonyms[0]!.value,
      readOnly: true,
      configSource: synonyms[0]!.source,
      isSensitive: false,
      configType: CONFIG_TYPE[definition.type],
      documentation: null,
      synonyms,
    };
  });
}

function brokerEntries({ config, cluster }: BrokerServices): Entry[] {
  const entry = (name: string, type: SettingType, doc: string, value: string, isGiven: boolean): Entry => ({
    name,
    value,
    readOnly: true,
    configSource: isGiven ? CONFIG_SOURCE.static : CONFIG_SOURCE.default,
    isSensitive: false,
    configType: CONFIG_TYPE[type.toUpperCase() as Uppercase<SettingType>],
    documentation: doc,
    synonyms: [{ name, value, source: isGiven ? CONFIG_SOURCE.static : CONFIG_SOURCE.default }],
  });
  const own = Object.keys(BROKER_SETTINGS)
    .filter(isBrokerSetting)
    .map((name) =>
      entry(name, BROKER_SETTINGS[name].type, BROKER_SETTINGS[name].doc, config.text(name), config.isGiven(name)),
    );
  const defaults = TOPIC_CONFIGS.filter(({ type }) => type !== 'LIST').map((definition) => {
    const name = topicDefaultSetting(definition.name);
    const type = definition.type.toLowerCase() as SettingType;
    return entry(
      name,
      type,
      `Default of the topic config ${definition.name}.`,
      config.topicDefault(definition),
      config.isGiven(name),
    );
  });
  const nodeId = entry('node.id', 'int', 'The id of this broker.', String(cluster.self().nodeId), true);
  return [nodeId, ...own, ...defaults];
}
