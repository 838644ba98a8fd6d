import type { TopicConfigType } from '../../log/topic-configs.js';
import type { BrokerSettingName } from '../settings.js';

/** One config of a consumer group (KIP-848, KIP-932, KIP-1071): resource type 32. */
export interface GroupConfigDefinition {
  readonly name: string;
  readonly type: TopicConfigType;
  /** The broker setting whose value a group has that sets none of its own. */
  readonly setting: BrokerSettingName;
  readonly doc: string;
  readonly min: number;
  readonly max: number;
}

/** Those that mean something here; groups of other kinds (share, streams) are not served. The upper bounds are Kafka's. */
export const GROUP_CONFIGS: readonly GroupConfigDefinition[] = [
  {
    name: 'consumer.heartbeat.interval.ms',
    type: 'INT',
    setting: 'group.consumer.heartbeat.interval.ms',
    doc: 'Time between two heartbeats of a member of a group of the consumer protocol (KIP-848).',
    min: 10,
    max: 15_000,
  },
  {
    name: 'consumer.session.timeout.ms',
    type: 'INT',
    setting: 'group.consumer.session.timeout.ms',
    doc: 'Time without a heartbeat after which a member of a group of the consumer protocol is removed (KIP-848).',
    min: 100,
    max: 60_000,
  },
];

const definitions = new Map(GROUP_CONFIGS.map((definition) => [definition.name, definition]));

/** A sentence on why a group cannot have this config, or null. */
export function groupConfigProblem(name: string, value: string): string | null {
  const definition = definitions.get(name);
  if (definition === undefined) return `Unknown group config name: ${name}`;
  const { min, max } = definition;
  if (/^-?\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max) return null;
  return `Invalid value ${value} for configuration ${name}: Value must be a whole number from ${min} to ${max}`;
}
