import { topicConfig } from '../../log/topic-configs.js';
import type { BrokerConfig } from '../config.js';
import { topicNameProblem } from '../topic-name.js';
import { TopicError, type Topic, type TopicCatalog } from '../topic-catalog.js';
import { brokerEntries, clusterEntries, groupEntries, topicEntries, type ConfigEntry } from './config-entries.js';
import { applyChanges, ConfigError, type ConfigChange, type ConfigValues } from './config-operations.js';
import type { ConfigStore, StoredConfigs } from './config-store.js';
import { isDynamic, isKnownSetting, isListSetting, settingProblem, topicDefaultOf } from './dynamic-settings.js';
import { GROUP_CONFIGS, groupConfigProblem } from './group-configs.js';

/** What has configs, by its code in the protocol. */
export const RESOURCE_TYPE = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const;

/** Groups that may have configs of their own; 249 characters is what Kafka takes of any name. */
const GROUPS_MAX = 10_000;
const GROUP_ID_LENGTH_MAX = 249;

/** One resource: what it has, and how that changes. */
interface Resource {
  readonly own: ConfigValues;
  entries(): readonly ConfigEntry[];
  isList(name: string): boolean;
  /** @throws {ConfigError | TopicError} unless the resource may have these values */
  check(values: ConfigValues): void;
  /** Durable on return, and in force. */
  save(values: ConfigValues): void;
}

/**
 * Configs of topics, brokers and groups that can be changed while the broker runs. A change is durable before it is in force;
 * one that fails changes nothing. Errors are {@link ConfigError} and TopicError.
 */
export class ConfigResources {
  #stored: StoredConfigs;

  /** Puts what was set at run time in force. Before topics are loaded: they begin with the defaults of now. */
  constructor(
    private readonly config: BrokerConfig,
    private readonly topics: TopicCatalog,
    private readonly store: ConfigStore,
  ) {
    this.#stored = store.load();
    this.#applyBrokers();
  }

  /** @throws {ConfigError} */
  describe(type: number, name: string): readonly ConfigEntry[] {
    return this.#resource(type, name).entries();
  }

  /** IncrementalAlterConfigs (KIP-339). @throws {ConfigError | TopicError | StorageError} */
  change(type: number, name: string, changes: readonly ConfigChange[], validateOnly: boolean): void {
    const resource = this.#resource(type, name);
    const current = new Map(resource.entries().map((entry) => [entry.name, entry.value ?? '']));
    const values = applyChanges(resource.own, changes, {
      isList: (config) => resource.isList(config),
      current: (config) => current.get(config) ?? '',
    });
    this.#save(resource, values, validateOnly);
  }

  /** AlterConfigs: what is not named goes back to its default. @throws {ConfigError | TopicError | StorageError} */
  replace(
    type: number,
    name: string,
    configs: readonly { readonly name: string; readonly value: string | null }[],
    validateOnly: boolean,
  ): void {
    const resource = this.#resource(type, name);
    const changes = configs.map((config) => ({ ...config, operation: 'SET' as const }));
    const values = applyChanges({}, changes, { isList: () => false, current: () => '' });
    this.#save(resource, values, validateOnly);
  }

  /** What a group's members are told, where it differs from the broker's settings. */
  groupConfigs(groupId: string): ConfigValues {
    const { groups } = this.#stored;
    return Object.hasOwn(groups, groupId) ? groups[groupId]! : {};
  }

  /** Resources of a type that ListConfigResources names. */
  names(type: number): readonly string[] {
    switch (type) {
      case RESOURCE_TYPE.topic:
        return this.topics.all().map(({ name }) => name);
      case RESOURCE_TYPE.broker:
      case RESOURCE_TYPE.brokerLogger:
        return [String(this.config.nodeId)];
      case RESOURCE_TYPE.group:
        return Object.keys(this.#stored.groups);
      default:
        return [];
    }
  }

  #save(resource: Resource, values: ConfigValues, validateOnly: boolean): void {
    resource.check(values);
    if (!validateOnly) resource.save(values);
  }

  #resource(type: number, name: string): Resource {
    switch (type) {
      case RESOURCE_TYPE.topic:
        return this.#topic(name);
      case RESOURCE_TYPE.broker:
        return this.#broker(name);
      case RESOURCE_TYPE.group:
        return this.#group(name);
      case RESOURCE_TYPE.brokerLogger:
        throw new ConfigError('INVALID_REQUEST', 'Log levels are set when the broker starts (--log-level).');
      case RESOURCE_TYPE.clientMetrics:
        throw new ConfigError('INVALID_REQUEST', 'Client metrics (KIP-714) are not collected.');
      default:
        throw new ConfigError('INVALID_REQUEST', `Unexpected resource type ${type}`);
    }
  }

  #topic(name: string): Resource {
    const problem = topicNameProblem(name);
    if (problem !== null) throw new ConfigError('INVALID_TOPIC_EXCEPTION', problem);
    const topic: Topic | undefined = this.topics.get(name);
    if (!topic) throw new ConfigError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
    return {
      own: topic.configs,
      entries: () => topicEntries(this.config, topic.configs),
      isList: (config) => topicConfig(config)?.type === 'LIST',
      check: (values) => void this.topics.logConfig(values),
      save: (values) => this.topics.setConfigs(name, values),
    };
  }

  /** The empty name is the default of all brokers. */
  #broker(name: string): Resource {
    const self = String(this.config.nodeId);
    if (name !== '' && name !== self) {
      const message = `Unexpected broker id, expected ${self} or empty string, but received ${name}`;
      throw new ConfigError('INVALID_REQUEST', message);
    }
    const own = this.#brokerConfigs(name);
    return {
      own,
      entries: () => (name === '' ? clusterEntries(own) : brokerEntries(this.config)),
      isList: isListSetting,
      check: checkSettings,
      save: (values) => {
        this.#store({ ...this.#stored, brokers: withOwn(this.#stored.brokers, name, values) });
        this.#applyBrokers();
        this.topics.refreshConfigs();
      },
    };
  }

  #group(name: string): Resource {
    if (name === '') throw new ConfigError('INVALID_REQUEST', 'A group has a name.');
    if (name.length > GROUP_ID_LENGTH_MAX) {
      throw new ConfigError('INVALID_REQUEST', `A group id has at most ${GROUP_ID_LENGTH_MAX} characters here.`);
    }
    return {
      own: this.groupConfigs(name),
      entries: () => groupEntries(this.config, this.groupConfigs(name)),
      isList: (config) => GROUP_CONFIGS.some((each) => each.name === config && each.type === 'LIST'),
      check: (values) => {
        throwFirst(values, groupConfigProblem);
        this.#checkRoomFor(name);
      },
      save: (values) => this.#store({ ...this.#stored, groups: withOwn(this.#stored.groups, name, values) }),
    };
  }

  #checkRoomFor(groupId: string): void {
    const { groups } = this.#stored;
    if (Object.hasOwn(groups, groupId) || Object.keys(groups).length < GROUPS_MAX) return;
    throw new ConfigError('POLICY_VIOLATION', `At most ${GROUPS_MAX} groups have configs of their own.`);
  }

  #brokerConfigs(name: string): ConfigValues {
    const { brokers } = this.#stored;
    return Object.hasOwn(brokers, name) ? brokers[name]! : {};
  }

  #applyBrokers(): void {
    const broker = this.#brokerConfigs(String(this.config.nodeId));
    this.config.setDynamic({ broker, cluster: this.#brokerConfigs('') });
  }

  #store(configs: StoredConfigs): void {
    this.store.save(configs);
    this.#stored = configs;
  }
}

/** Without an entry that says nothing. */
function withOwn(
  all: Readonly<Record<string, ConfigValues>>,
  name: string,
  values: ConfigValues,
): Readonly<Record<string, ConfigValues>> {
  const others = Object.entries(all).filter(([other]) => other !== name);
  return Object.fromEntries(Object.keys(values).length === 0 ? others : [...others, [name, values]]);
}

function checkSettings(values: ConfigValues): void {
  const unknown = Object.keys(values).filter((name) => !isKnownSetting(name));
  if (unknown.length > 0) throw new ConfigError('INVALID_CONFIG', `Unknown broker settings: ${unknown.join(', ')}`);
  const fixed = Object.keys(values).filter((name) => !isDynamic(name));
  if (fixed.length > 0) {
    const hint = fixed
      .filter((name) => topicConfig(name) !== undefined && topicDefaultOf(name) === undefined)
      .map((name) => ` ${name} is a topic's config.`);
    const message = `Cannot update these configs dynamically: Set(${fixed.join(', ')}). They are set when the broker starts.`;
    throw new ConfigError('INVALID_REQUEST', message + hint.join(''));
  }
  throwFirst(values, settingProblem);
}

function throwFirst(values: ConfigValues, problemWith: (name: string, value: string) => string | null): void {
  for (const [name, value] of Object.entries(values)) {
    const problem = problemWith(name, value);
    if (problem !== null) throw new ConfigError('INVALID_CONFIG', problem);
  }
}

/** The protocol's error and sentence for what went wrong, or null if it is nothing that a client may know. */
export function refusalOf(error: unknown): { readonly code: TopicError['code']; readonly message: string } | null {
  return error instanceof ConfigError || error instanceof TopicError ? error : null;
}
