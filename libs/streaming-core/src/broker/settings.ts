/** The broker's settings, under Apache Kafka's names where Kafka has them. */
import { SECURITY_SETTINGS } from './security/security-settings.js';
import { bool, int, waitMs, type Setting, type SettingType } from './setting-types.js';

export type { Setting, SettingType };

export const BROKER_SETTINGS = {
  ...SECURITY_SETTINGS,
  'auto.create.topics.enable': bool(true, 'Whether a topic is created when a client first asks for it.'),
  'connections.max.idle.ms': waitMs(600_000, 'A connection without a whole request for so long is closed.'),
  'delete.topic.enable': bool(true, 'Whether clients may delete topics.'),
  'fetch.max.bytes': int(57_671_680, 'Most bytes in one fetch response, whatever the client asks for.', 1024),
  flush: {
    type: 'string',
    default: 'fsync',
    doc: 'When the broker has a record: `fsync` - once it is on stable storage (many appends share one sync); `os` - once the operating system has it; `interval` - as `os`, with a flush each log.flush.interval.ms.',
    oneOf: ['fsync', 'interval', 'os'],
  },
  'group.consumer.assignors': {
    type: 'string',
    default: 'uniform,range',
    doc: 'Assignors that members of consumer groups (KIP-848) may ask for; the first is the default.',
  },
  'group.consumer.heartbeat.interval.ms': int(
    1_000,
    'Time between two heartbeats of a member of a consumer group (KIP-848). Apache Kafka: 5000; shorter here so that rebalances take less time.',
    10,
  ),
  'group.consumer.max.size': int(1_000, 'Most members of one consumer group (KIP-848).', 1),
  'group.consumer.migration.policy': {
    type: 'string',
    default: 'bidirectional',
    doc: 'Whether a group with members may change its protocol: `upgrade` from classic to consumer, `downgrade` back, `bidirectional` both, `disabled` neither. An empty group may always.',
    oneOf: ['bidirectional', 'upgrade', 'downgrade', 'disabled'],
  },
  'group.consumer.session.timeout.ms': int(
    45_000,
    'A member of a consumer group (KIP-848) without a heartbeat for so long is removed.',
    100,
  ),
  'group.initial.rebalance.delay.ms': int(
    0,
    'How long the first rebalance of an empty group waits for more members. Apache Kafka waits 3000; for one broker on a laptop nobody should.',
  ),
  'group.max.session.timeout.ms': int(1_800_000, 'Longest session timeout that a member may ask for.', 1),
  'group.max.size': int(1_000, 'Most members of one group.', 1),
  'group.min.session.timeout.ms': int(
    1_000,
    'Shortest session timeout that a member may ask for. Apache Kafka: 6000; shorter here so that tests see failures soon.',
    1,
  ),
  'log.flush.interval.ms': waitMs(1_000, 'Time between two flushes with `flush=interval`.'),
  'log.retention.check.interval.ms': waitMs(
    15_000,
    'Time between two rounds of retention, compaction and checkpoints. Apache Kafka looks at retention each 300000.',
  ),
  'max.connections': int(10_000, 'Most connections at a time; more are closed at once.', 1),
  'max.in.flight.requests.per.connection': int(
    64,
    'Produce requests of one connection that may be under way at a time; requests of other kinds go one by one.',
    1,
  ),
  'max.incremental.fetch.session.cache.slots': int(
    1_000,
    'Most fetch sessions at a time; clients beyond that name their partitions in each fetch.',
  ),
  'max.partitions': int(4_000, 'Most partitions of all topics together.', 1),
  'metrics.series.max': int(
    2_000,
    'Most partitions, and most committed offsets, that /metrics shows one by one; the totals count all. Not a setting of Apache Kafka.',
  ),
  'num.partitions': int(1, 'Partitions of a topic that is created without a number of its own.', 1, 10_000),
  'offset.metadata.max.bytes': int(4_096, 'Longest note that a client may add to a committed offset.'),
  'offsets.retention.check.interval.ms': waitMs(600_000, 'Time between two looks for offsets to expire.'),
  'offsets.retention.minutes': int(10_080, 'How long the offsets of a group without members are kept.', 1),
  'offsets.topic.num.partitions': int(
    8,
    'Partitions of `__consumer_offsets`, fixed when it is created. Apache Kafka has 50, for clusters.',
    1,
    1_000,
  ),
  'transaction.max.timeout.ms': waitMs(900_000, 'Longest transaction timeout that a producer may ask for.'),
  'transaction.remove.expired.transaction.cleanup.interval.ms': waitMs(
    3_600_000,
    'Time between two looks for transactional ids to expire.',
  ),
  'transaction.state.log.num.partitions': int(
    4,
    'Partitions of `__transaction_state`, fixed when it is created. Apache Kafka has 50, for clusters.',
    1,
    1_000,
  ),
  'transaction.state.log.segment.bytes': int(104_857_600, 'Size of a segment of `__transaction_state`.', 1_048_576),
  'transactional.id.expiration.ms': waitMs(
    604_800_000,
    'How long a transactional id without a transaction under way is remembered.',
  ),
  'producer.id.expiration.ms': waitMs(
    86_400_000,
    'An idempotent producer that wrote nothing to a partition for so long is forgotten there.',
  ),
  'socket.request.max.bytes': int(
    104_857_600,
    'Largest request; a connection that sends a larger one is closed.',
    1_024,
  ),
} as const satisfies Record<string, Setting>;

/** The broker setting that gives topics their default, per topic config, where the names differ from the topic's. */
const TOPIC_DEFAULTS: Readonly<Record<string, string>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'index.interval.bytes': 'log.index.interval.bytes',
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
};

export function topicDefaultSetting(topicConfig: string): string {
  return TOPIC_DEFAULTS[topicConfig] ?? topicConfig;
}

export type BrokerSettingName = keyof typeof BROKER_SETTINGS;
export type SettingValues = Readonly<Record<string, string>>;

/** Why a value does not fit a setting, or null. */
export function checkSetting(setting: Setting, value: string): string | null {
  switch (setting.type) {
    case 'boolean':
      return value === 'true' || value === 'false' ? null : 'must be true or false';
    case 'string':
      return setting.oneOf?.includes(value) === false ? `must be one of ${setting.oneOf.join(', ')}` : null;
    case 'int':
    case 'long':
    case 'double': {
      const number = Number(value);
      const isNumber =
        value.trim() !== '' && (setting.type === 'double' ? !Number.isNaN(number) : Number.isSafeInteger(number));
      if (!isNumber) return setting.type === 'double' ? 'must be a number' : 'must be a whole number';
      if (setting.min !== undefined && number < setting.min) return `must be at least ${setting.min}`;
      if (setting.max !== undefined && number > setting.max) return `must be at most ${setting.max}`;
      return null;
    }
  }
}

export function isBrokerSetting(name: string): name is BrokerSettingName {
  return Object.hasOwn(BROKER_SETTINGS, name);
}
