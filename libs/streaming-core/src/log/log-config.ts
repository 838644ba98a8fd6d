import { listOf, TOPIC_CONFIGS, topicConfigProblem } from './topic-configs.js';

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
  /** How long a tombstone stays readable after compaction first saw it. */
  readonly deleteRetentionMs: number;
  /** A compacted log is cleaned once this share of it is new since the last time. */
  readonly minCleanableDirtyRatio: number;
  /** A record stays as it is for so long at least, and is compacted after so long at most. */
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly maxMessageBytes: number;
  readonly indexIntervalBytes: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** How far behind and ahead of the clock a record's own timestamp may lie. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
}

export class InvalidTopicConfigError extends Error {
  override readonly name = 'InvalidTopicConfigError';
  constructor(
    readonly config: string,
    message: string,
  ) {
    super(message);
  }
}

export type TopicConfigs = Readonly<Record<string, string>>;

const defaults: TopicConfigs = Object.fromEntries(TOPIC_CONFIGS.map(({ name, defaultValue }) => [name, defaultValue]));

/** @throws InvalidTopicConfigError for a name that is not known or a value that is not acceptable */
export function parseTopicConfigs(configs: TopicConfigs): LogConfig {
  for (const [name, value] of Object.entries(configs)) {
    const problem = topicConfigProblem(name, value);
    if (problem !== null) throw new InvalidTopicConfigError(name, problem);
  }
  const text = (name: string) => (Object.hasOwn(configs, name) ? configs[name]! : defaults[name]!);
  const number = (name: string) => Number(text(name));
  const policies = listOf(text('cleanup.policy'));
  return {
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    deleteOldSegments: policies.includes('delete'),
    compact: policies.includes('compact'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    maxMessageBytes: number('max.message.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    timestampType: text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
  };
}
