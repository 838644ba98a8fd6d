import { TOPIC_CONFIGS, topicConfig, type TopicConfigDefinition } from '../../log/topic-configs.js';
import {
  BROKER_SETTINGS,
  checkSetting,
  isBrokerSetting,
  topicDefaultSetting,
  type BrokerSettingName,
} from '../settings.js';

/** Settings that are looked at each time they are needed, so that a change holds from the next request on. */
const LIVE: ReadonlySet<string> = new Set<BrokerSettingName>([
  'auto.create.topics.enable',
  'connections.max.idle.ms',
  'delete.topic.enable',
  'fetch.max.bytes',
  'max.connections',
  'max.connections.per.ip',
  'max.partitions',
  'metrics.series.max',
  'num.partitions',
]);

const topicDefaults: ReadonlyMap<string, TopicConfigDefinition> = new Map(
  TOPIC_CONFIGS.map((config) => [topicDefaultSetting(config.name), config]),
);

/** The topic config whose default a broker setting is, if it is one. */
export function topicDefaultOf(setting: string): TopicConfigDefinition | undefined {
  return isBrokerSetting(setting) ? undefined : topicDefaults.get(setting);
}

/** Whether a setting may change while the broker runs: defaults of topics, and those that are looked at each time. */
export function isDynamic(setting: string): boolean {
  return LIVE.has(setting) || topicDefaultOf(setting) !== undefined;
}

export function isListSetting(setting: string): boolean {
  return topicDefaultOf(setting)?.type === 'LIST';
}

/** A sentence on why a broker setting cannot have this value, or null. */
export function settingProblem(name: string, value: string): string | null {
  const problem = isBrokerSetting(name)
    ? checkSetting(BROKER_SETTINGS[name], value)
    : (topicDefaultOf(name)?.problemWith(value) ?? null);
  return problem === null ? null : `Invalid value ${value} for configuration ${name}: ${problem}`;
}

export function isKnownSetting(name: string): boolean {
  return isBrokerSetting(name) || topicDefaults.has(name) || topicConfig(name) !== undefined;
}
