/** How a partition's log rolls, keeps and cleans. Names and meanings are those of Kafka's topic configs. */
export interface LogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** -1: no bound. */
  readonly retentionBytes: number;
  /** -1: no bound. */
  readonly retentionMs: number;
  readonly deleteOldSegments: boolean;
  readonly compact: boolean;
  /** How long a tombstone stays readable after it was written. */
  readonly deleteRetentionMs: number;
  /** A compacted log is cleaned once this share of it is new since the last time. */
  readonly minCleanableDirtyRatio: number;
  readonly maxMessageBytes: number;
  readonly indexIntervalBytes: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
}

export class InvalidTopicConfigError extends Error {
  override readonly name = 'InvalidTopicConfigError';
  constructor(
    readonly config: string,
    reason: string,
  ) {
    super(`${config}: ${reason}`);
  }
}

type ConfigType = 'LONG' | 'INT' | 'DOUBLE' | 'LIST' | 'STRING';

/** One topic config, as DescribeConfigs shows it. */
export interface TopicConfigDefinition {
  readonly name: string;
  readonly type: ConfigType;
  readonly defaultValue: string;
  /** Why a value is not acceptable, or null. */
  readonly problemWith: (value: string) => string | null;
}

const MAX_INT = 2 ** 31 - 1;

const wholeNumber =
  (min: number, max: number) =>
  (value: string): string | null =>
    /^-?\d+$/.test(value) && Number(value) >= min && Number(value) <= max
      ? null
      : `must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`;

const ratio = (value: string): string | null =>
  value.trim() !== '' && Number(value) >= 0 && Number(value) <= 1
    ? null
    : `must be a number from 0 to 1, not ${JSON.stringify(value)}`;

const oneOf =
  (...allowed: string[]) =>
  (value: string): string | null =>
    allowed.includes(value) ? null : `must be one of ${allowed.join(', ')}, not ${JSON.stringify(value)}`;

const cleanupPolicy = (value: string): string | null => {
  const policies = value.split(',').map((policy) => policy.trim());
  return policies.every((policy) => policy === 'delete' || policy === 'compact')
    ? null
    : `must be delete, compact or both, not ${JSON.stringify(value)}`;
};

const longFrom = (min: number) => wholeNumber(min, Number.MAX_SAFE_INTEGER);

/** Every topic config that this log understands, with Kafka's defaults. */
export const TOPIC_CONFIGS: readonly TopicConfigDefinition[] = [
  { name: 'cleanup.policy', type: 'LIST', defaultValue: 'delete', problemWith: cleanupPolicy },
  { name: 'compression.type', type: 'STRING', defaultValue: 'producer', problemWith: oneOf('producer') },
  { name: 'delete.retention.ms', type: 'LONG', defaultValue: '86400000', problemWith: longFrom(0) },
  { name: 'index.interval.bytes', type: 'INT', defaultValue: '4096', problemWith: wholeNumber(0, MAX_INT) },
  { name: 'max.message.bytes', type: 'INT', defaultValue: '1048588', problemWith: wholeNumber(0, MAX_INT) },
  {
    name: 'message.timestamp.type',
    type: 'STRING',
    defaultValue: 'CreateTime',
    problemWith: oneOf('CreateTime', 'LogAppendTime'),
  },
  { name: 'min.cleanable.dirty.ratio', type: 'DOUBLE', defaultValue: '0.5', problemWith: ratio },
  { name: 'min.insync.replicas', type: 'INT', defaultValue: '1', problemWith: wholeNumber(1, MAX_INT) },
  { name: 'retention.bytes', type: 'LONG', defaultValue: '-1', problemWith: longFrom(-1) },
  { name: 'retention.ms', type: 'LONG', defaultValue: '604800000', problemWith: longFrom(-1) },
  { name: 'segment.bytes', type: 'INT', defaultValue: '1073741824', problemWith: wholeNumber(1024, MAX_INT) },
  { name: 'segment.ms', type: 'LONG', defaultValue: '604800000', problemWith: longFrom(1) },
];

const definitions = new Map(TOPIC_CONFIGS.map((definition) => [definition.name, definition]));

export type TopicConfigs = Readonly<Record<string, string>>;

/** @throws InvalidTopicConfigError for a name that is not known or a value that is not acceptable */
export function parseTopicConfigs(configs: TopicConfigs): LogConfig {
  for (const [name, value] of Object.entries(configs)) {
    const definition = definitions.get(name);
    if (definition === undefined) throw new InvalidTopicConfigError(name, 'is not a known topic config');
    const problem = definition.problemWith(value);
    if (problem !== null) throw new InvalidTopicConfigError(name, problem);
  }
  const text = (name: string) => (Object.hasOwn(configs, name) ? configs[name]! : definitions.get(name)!.defaultValue);
  const number = (name: string) => Number(text(name));
  const policies = text('cleanup.policy')
    .split(',')
    .map((policy) => policy.trim());
  return {
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    deleteOldSegments: policies.includes('delete'),
    compact: policies.includes('compact'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    maxMessageBytes: number('max.message.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    timestampType: text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
  };
}
