import { TOPIC_CONFIGS, type TopicConfigType } from '../../log/topic-configs.js';
import type { BrokerConfig } from '../config.js';
import { BROKER_SETTINGS, isBrokerSetting, topicDefaultSetting, type Setting } from '../settings.js';
import type { ConfigValues } from './config-operations.js';
import { isDynamic, isListSetting, topicDefaultOf } from './dynamic-settings.js';
import { GROUP_CONFIGS } from './group-configs.js';

/** Where a value comes from, by its code in the protocol. */
export const CONFIG_SOURCE = { topic: 1, broker: 2, cluster: 3, static: 4, default: 5, group: 8 } as const;

const CONFIG_TYPE: Readonly<Record<TopicConfigType | 'PASSWORD', number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  PASSWORD: 9,
};

/** One config with its value, as DescribeConfigs shows it. */
export interface ConfigEntry {
  readonly name: string;
  /** Null where it is a secret. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly configType: number;
  readonly documentation: string | null;
  /** Every place that gives a value, the one that holds first. */
  readonly synonyms: readonly ConfigSynonym[];
}

interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

export function topicEntries(config: BrokerConfig, own: ConfigValues): ConfigEntry[] {
  return TOPIC_CONFIGS.map(({ name, type, defaultValue, doc }) => {
    const setting = topicDefaultSetting(name);
    const synonyms = [
      ...ownSynonym(name, own, CONFIG_SOURCE.topic),
      ...settingSynonyms(config, setting),
      { name: setting, value: defaultValue, source: CONFIG_SOURCE.default },
    ];
    return entry(name, synonyms, { type, doc, readOnly: false });
  });
}

export function groupEntries(config: BrokerConfig, own: ConfigValues): ConfigEntry[] {
  return GROUP_CONFIGS.map(({ name, type, setting, doc }) => {
    const synonyms = [
      ...ownSynonym(name, own, CONFIG_SOURCE.group),
      ...settingSynonyms(config, setting),
      { name: setting, value: BROKER_SETTINGS[setting].default, source: CONFIG_SOURCE.default },
    ];
    return entry(name, synonyms, { type, doc, readOnly: false });
  });
}

/** All settings of this broker, those that its topics inherit too. */
export function brokerEntries(config: BrokerConfig): ConfigEntry[] {
  const own = Object.keys(BROKER_SETTINGS).filter(isBrokerSetting);
  const inherited = TOPIC_CONFIGS.map(({ name }) => topicDefaultSetting(name)).filter(topicDefaultOf);
  const nodeId = String(config.nodeId);
  return [
    entry('node.id', [{ name: 'node.id', value: nodeId, source: CONFIG_SOURCE.static }], {
      type: 'INT',
      doc: 'The id of this broker.',
      readOnly: true,
    }),
    ...[...own, ...inherited].map((name) => brokerEntry(config, name)),
  ];
}

/** What is set for all brokers at run time. */
export function clusterEntries(values: ConfigValues): ConfigEntry[] {
  return Object.entries(values).map(([name, value]) => {
    const { type, doc } = settingFacts(name);
    return entry(name, [{ name, value, source: CONFIG_SOURCE.cluster }], { type, doc, readOnly: false });
  });
}

function brokerEntry(config: BrokerConfig, name: string): ConfigEntry {
  const { type, doc, defaultValue } = settingFacts(name);
  const synonyms = [...settingSynonyms(config, name), { name, value: defaultValue, source: CONFIG_SOURCE.default }];
  return entry(name, synonyms, { type, doc, readOnly: !isDynamic(name) });
}

interface Facts {
  readonly type: TopicConfigType | 'PASSWORD';
  readonly doc: string;
  readonly defaultValue: string;
}

function settingFacts(name: string): Facts {
  if (isBrokerSetting(name)) {
    const { type, default: defaultValue, doc, sensitive }: Setting = BROKER_SETTINGS[name];
    return { type: sensitive ? 'PASSWORD' : (type.toUpperCase() as Facts['type']), doc, defaultValue };
  }
  const topicConfig = topicDefaultOf(name)!;
  const { type, defaultValue } = topicConfig;
  return {
    type: isListSetting(name) ? 'LIST' : type,
    doc: `Default of the topic config ${topicConfig.name}. ${topicConfig.doc}`,
    defaultValue,
  };
}

function ownSynonym(name: string, own: ConfigValues, source: number): ConfigSynonym[] {
  return Object.hasOwn(own, name) ? [{ name, value: own[name]!, source }] : [];
}

function settingSynonyms(config: BrokerConfig, setting: string): ConfigSynonym[] {
  return config.given(setting).map(({ source, value }) => ({ name: setting, value, source: CONFIG_SOURCE[source] }));
}

function entry(
  name: string,
  synonyms: readonly ConfigSynonym[],
  { type, doc, readOnly }: { readonly type: Facts['type']; readonly doc: string; readonly readOnly: boolean },
): ConfigEntry {
  const isSensitive = type === 'PASSWORD';
  const shown = isSensitive ? synonyms.map((synonym) => ({ ...synonym, value: null })) : synonyms;
  return {
    name,
    value: shown[0]!.value,
    readOnly,
    configSource: shown[0]!.source,
    isSensitive,
    configType: CONFIG_TYPE[type],
    documentation: doc,
    synonyms: shown,
  };
}
