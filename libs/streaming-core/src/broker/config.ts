import { TOPIC_CONFIGS, type TopicConfigDefinition } from '../log/topic-configs.js';
import { listenerSettingBase } from './security/security-settings.js';
import {
  BROKER_SETTINGS,
  checkSetting,
  isBrokerSetting,
  topicDefaultSetting,
  type BrokerSettingName,
  type SettingValues,
} from './settings.js';

/** A setting that does not exist or has a value that it cannot have. `message` names each of them. */
export class BrokerConfigError extends Error {
  override readonly name = 'BrokerConfigError';
}

export interface BrokerOptions {
  /** Default 1. */
  readonly nodeId?: number;
  /** Address to listen on. Default 127.0.0.1: nobody outside the machine. */
  readonly host?: string;
  /** Default 9092; 0 picks a free one. */
  readonly port?: number;
  /** What clients are told to connect to. Default: where the broker listens. */
  readonly advertisedHost?: string;
  readonly advertisedPort?: number;
  /** Settings by Kafka's names; see settings.ts. */
  readonly settings?: SettingValues;
}

/** Settings that were made at run time: for this broker, and for all that have none of their own. */
export interface DynamicSettings {
  readonly broker: SettingValues;
  readonly cluster: SettingValues;
}

export interface GivenValue {
  readonly source: 'broker' | 'cluster' | 'static';
  readonly value: string;
}

/** Everything that the broker was told, checked. Numbers are parsed once, here. */
export class BrokerConfig {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly advertisedHost: string | null;
  readonly advertisedPort: number | null;
  readonly #given: SettingValues;
  #dynamic: DynamicSettings = { broker: {}, cluster: {} };

  /** @throws {BrokerConfigError} */
  constructor(options: BrokerOptions = {}) {
    this.nodeId = options.nodeId ?? 1;
    this.host = options.host ?? '127.0.0.1';
    this.port = options.port ?? 9092;
    this.advertisedHost = options.advertisedHost ?? null;
    this.advertisedPort = options.advertisedPort ?? null;
    this.#given = normalize(options.settings ?? {});
    const problems = [...this.#problems()];
    if (!Number.isInteger(this.nodeId) || this.nodeId < 0) problems.push('node.id: must be a whole number from 0');
    if (!Number.isInteger(this.port) || this.port < 0 || this.port > 65_535) problems.push('port: must be 0 to 65535');
    if (problems.length > 0) throw new BrokerConfigError(problems.join('\n'));
  }

  text(name: BrokerSettingName): string {
    const { broker, cluster } = this.#dynamic;
    return broker[name] ?? cluster[name] ?? this.#given[name] ?? BROKER_SETTINGS[name].default;
  }

  number(name: BrokerSettingName): number {
    return Number(this.text(name));
  }

  flag(name: BrokerSettingName): boolean {
    return this.text(name) === 'true';
  }

  /** A setting as it holds for one listener, or one mechanism of it: its own value, else that for all. */
  listenerText(listener: string, name: BrokerSettingName, mechanism?: string): string {
    const prefix = `listener.name.${listener.toLowerCase()}.`;
    const ofMechanism =
      mechanism === undefined ? undefined : this.#given[`${prefix}${mechanism.toLowerCase()}.${name}`];
    return ofMechanism ?? this.#given[`${prefix}${name}`] ?? this.text(name);
  }

  /** What was set at run time, in place of what was before. The caller has checked it. */
  setDynamic(settings: DynamicSettings): void {
    this.#dynamic = settings;
  }

  /** Where a setting has a value, the one that holds first; without its default. */
  given(name: string): readonly GivenValue[] {
    const { broker, cluster } = this.#dynamic;
    const layers = { broker, cluster, static: this.#given } as const;
    return (['broker', 'cluster', 'static'] as const)
      .filter((source) => Object.hasOwn(layers[source], name))
      .map((source) => ({ source, value: layers[source][name]! }));
  }

  /** The value that topics without one of their own have. */
  topicDefault(config: TopicConfigDefinition): string {
    return this.given(topicDefaultSetting(config.name))[0]?.value ?? config.defaultValue;
  }

  *#problems(): IterableIterator<string> {
    const topicDefaults = new Map(TOPIC_CONFIGS.map((config) => [topicDefaultSetting(config.name), config]));
    for (const [name, value] of Object.entries(this.#given)) {
      const setting = listenerSettingBase(name) ?? name;
      const problem = isBrokerSetting(setting)
        ? checkSetting(BROKER_SETTINGS[setting], value)
        : (topicDefaults.get(name) ?? NO_SUCH_SETTING).problemWith(value);
      if (problem !== null) yield `${name}: ${problem}`;
    }
  }
}

const NO_SUCH_SETTING = { problemWith: (): string => 'no such setting' };

const COARSE_UNITS = [
  { coarse: 'log.retention.hours', fine: 'log.retention.ms', unitMs: 3_600_000 },
  { coarse: 'log.retention.minutes', fine: 'log.retention.ms', unitMs: 60_000 },
  { coarse: 'log.roll.hours', fine: 'log.roll.ms', unitMs: 3_600_000 },
] as const;

/** Kafka knows retention and rolling in hours and minutes too: the finer unit wins. */
function normalize(settings: SettingValues): SettingValues {
  const normalized = new Map(Object.entries(settings));
  for (const { coarse, fine, unitMs } of COARSE_UNITS) {
    const value = normalized.get(coarse);
    if (value === undefined) continue;
    normalized.delete(coarse);
    const scaled = Number(value) < 0 ? value : String(Number(value) * unitMs);
    if (settings[fine] === undefined) normalized.set(fine, scaled);
  }
  return Object.fromEntries(normalized);
}
