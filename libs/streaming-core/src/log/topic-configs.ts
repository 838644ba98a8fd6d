/**
 * Every topic config of Apache Kafka 4.2: what it does here, its default and what it may be. What cannot be served is known too,
 * and refused with the reason, unless it is set to the value that changes nothing. Kafka's defaults, where no doc says otherwise.
 */

export type TopicConfigType = 'BOOLEAN' | 'LONG' | 'INT' | 'DOUBLE' | 'LIST' | 'STRING';

/** One topic config, as DescribeConfigs shows it. */
export interface TopicConfigDefinition {
  readonly name: string;
  readonly type: TopicConfigType;
  readonly defaultValue: string;
  /** Plain sentences for people. */
  readonly doc: string;
  /** Why a value is not acceptable, or null. */
  readonly problemWith: (value: string) => string | null;
}

const INT_MAX = 2n ** 31n - 1n;
const LONG_MAX = 2n ** 63n - 1n;

type Check = (value: string) => string | null;

const whole =
  (min: bigint, max: bigint, type: 'INT' | 'LONG'): Check =>
  (value) => {
    if (!/^[+-]?\d{1,20}$/.test(value.trim())) return `Not a number of type ${type}`;
    const number = BigInt(value.trim().replace('+', ''));
    if (number < min) return `Value must be at least ${min}`;
    return number > max ? `Value must be no more than ${max}` : null;
  };
const long = (min: bigint): Check => whole(min, LONG_MAX, 'LONG');
const int = (min: bigint, max = INT_MAX): Check => whole(min, max, 'INT');

const ratio: Check = (value) =>
  value.trim() !== '' && Number(value) >= 0 && Number(value) <= 1 ? null : 'Value must be a number from 0 to 1';

const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value) ? null : `String must be one of: ${allowed.join(', ')}`;

const boolean: Check = (value) =>
  value === 'true' || value === 'false' ? null : 'Expected value to be either true or false';

const cleanupPolicy: Check = (value) => {
  const policies = listOf(value);
  const isKnown = policies.every((policy) => policy === 'delete' || policy === 'compact');
  if (!isKnown) return 'Must be delete, compact, or both with a comma between';
  return new Set(policies).size < policies.length ? 'Configuration values must not be duplicated' : null;
};

/** `problem`, or why the value is one that this broker cannot serve. */
const only =
  (check: Check, served: string, why: string): Check =>
  (value) =>
    check(value) ?? (value.trim() === served ? null : `Only ${served} is served: ${why}`);

/** Throttled replicas: `*`, or `partition:broker` pairs. */
const throttledReplicas: Check = (value) =>
  value === '' || value === '*' || listOf(value).every((pair) => /^\d+:\d+$/.test(pair))
    ? null
    : 'Must be *, or partition:broker pairs with commas between';

/** A LIST value's elements. */
export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

const NO_TIERS = 'there is no tiered storage';
const NO_REPLICAS = 'Has no effect: there is one replica of everything.';
const NOT_RECOMPRESSED = 'Has no effect: batches are kept as producers compressed them.';

const define = (
  type: TopicConfigType,
  name: string,
  defaultValue: string,
  problemWith: Check,
  doc: string,
): TopicConfigDefinition => ({ name, type, defaultValue, problemWith, doc });

export const TOPIC_CONFIGS: readonly TopicConfigDefinition[] = [
  define(
    'LIST',
    'cleanup.policy',
    'delete',
    cleanupPolicy,
    'What happens to old records: `delete` - whole segments go by age and size; `compact` - the last record of each key stays; or both. Empty: they stay for ever.',
  ),
  define('INT', 'compression.gzip.level', '-1', gzipLevel, NOT_RECOMPRESSED),
  define('INT', 'compression.lz4.level', '9', int(1n, 17n), NOT_RECOMPRESSED),
  define(
    'STRING',
    'compression.type',
    'producer',
    only(
      oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
      'producer',
      'batches are kept byte for byte as producers compressed them',
    ),
    'How batches are compressed in the log: as the producer chose.',
  ),
  define('INT', 'compression.zstd.level', '3', int(-131_072n, 22n), NOT_RECOMPRESSED),
  define(
    'LONG',
    'delete.retention.ms',
    '86400000',
    long(0n),
    'How long a tombstone stays readable after compaction saw it.',
  ),
  define(
    'LONG',
    'file.delete.delay.ms',
    '60000',
    long(0n),
    'Has no effect: files are deleted at once, and who reads them meanwhile is served from the rest of the log.',
  ),
  define(
    'LONG',
    'flush.messages',
    String(LONG_MAX),
    long(1n),
    'Has no effect: the broker setting `flush` says when records are synced, by default before each acknowledgement.',
  ),
  define('LONG', 'flush.ms', String(LONG_MAX), long(0n), 'Has no effect: see flush.messages.'),
  define('LIST', 'follower.replication.throttled.replicas', '', throttledReplicas, NO_REPLICAS),
  define('INT', 'index.interval.bytes', '4096', int(0n), 'Bytes of records between two entries of the offset index.'),
  define('LIST', 'leader.replication.throttled.replicas', '', throttledReplicas, NO_REPLICAS),
  define('LONG', 'local.retention.bytes', '-2', only(long(-2n), '-2', NO_TIERS), 'Bytes kept outside tiered storage.'),
  define('LONG', 'local.retention.ms', '-2', only(long(-2n), '-2', NO_TIERS), 'Time kept outside tiered storage.'),
  define(
    'LONG',
    'max.compaction.lag.ms',
    String(LONG_MAX),
    long(1n),
    'Longest time until a record is compacted, however little of the log is new.',
  ),
  define('INT', 'max.message.bytes', '1048588', int(0n), 'Largest record batch, as compressed, with its header.'),
  define(
    'LONG',
    'message.timestamp.after.max.ms',
    String(LONG_MAX),
    long(0n),
    "How far a record's timestamp may lie ahead of the broker's clock (with CreateTime). Apache Kafka: 3600000; unbounded here, for clocks of simulations.",
  ),
  define(
    'LONG',
    'message.timestamp.before.max.ms',
    String(LONG_MAX),
    long(0n),
    "How far a record's timestamp may lie behind the broker's clock (with CreateTime).",
  ),
  define(
    'STRING',
    'message.timestamp.type',
    'CreateTime',
    oneOf('CreateTime', 'LogAppendTime'),
    'Whose time records carry: that of the producer, or that of the append.',
  ),
  define(
    'DOUBLE',
    'min.cleanable.dirty.ratio',
    '0.5',
    ratio,
    'A log is compacted once this share of it is new since the last time.',
  ),
  define('LONG', 'min.compaction.lag.ms', '0', long(0n), 'Shortest time until a record may be compacted.'),
  define(
    'INT',
    'min.insync.replicas',
    '1',
    int(1n),
    'Replicas that must have a record of acks=all. There is one: with more, acks=all is refused.',
  ),
  define(
    'BOOLEAN',
    'preallocate',
    'false',
    only(boolean, 'false', 'segments grow as they are written'),
    'Whether a segment gets its size when it is begun.',
  ),
  define(
    'BOOLEAN',
    'remote.log.copy.disable',
    'false',
    only(boolean, 'false', NO_TIERS),
    'Stops copies to tiered storage.',
  ),
  define(
    'BOOLEAN',
    'remote.log.delete.on.disable',
    'false',
    only(boolean, 'false', NO_TIERS),
    'Whether leaving tiered storage deletes there.',
  ),
  define(
    'BOOLEAN',
    'remote.storage.enable',
    'false',
    only(boolean, 'false', NO_TIERS),
    'Whether the topic uses tiered storage.',
  ),
  define(
    'LONG',
    'retention.bytes',
    '-1',
    long(-1n),
    'Bytes of a partition beyond which its oldest segments go; -1: no bound.',
  ),
  define('LONG', 'retention.ms', '604800000', long(-1n), 'How long records are kept, by whole segments; -1: for ever.'),
  define('INT', 'segment.bytes', '1073741824', int(1_024n), 'Size at which a new segment is begun.'),
  define(
    'INT',
    'segment.index.bytes',
    '10485760',
    int(4n),
    'Has no effect: an index grows with its segment and is bounded by segment.bytes and index.interval.bytes.',
  ),
  define(
    'LONG',
    'segment.jitter.ms',
    '0',
    only(long(0n), '0', 'segments roll at their age'),
    'Random time taken off segment.ms.',
  ),
  define(
    'LONG',
    'segment.ms',
    '604800000',
    long(1n),
    'Age at which a segment is sealed even if it is not full, so that retention can take it.',
  ),
  define('BOOLEAN', 'unclean.leader.election.enable', 'false', boolean, NO_REPLICAS),
];

/** Configs that earlier versions of Kafka had, with what became of them. */
export const REMOVED_TOPIC_CONFIGS: ReadonlyMap<string, string> = new Map([
  ['message.downconversion.enable', 'was removed in Apache Kafka 4.0: clients of before 0.11 are not served'],
  ['message.format.version', 'was removed in Apache Kafka 4.0: the record format is always version 2'],
  [
    'message.timestamp.difference.max.ms',
    'was removed in Apache Kafka 4.0: use message.timestamp.before.max.ms and message.timestamp.after.max.ms',
  ],
]);

const definitions = new Map(TOPIC_CONFIGS.map((definition) => [definition.name, definition]));

export function topicConfig(name: string): TopicConfigDefinition | undefined {
  return definitions.get(name);
}

/** A sentence on why a config cannot have this value, or null. The beginnings are Kafka's. */
export function topicConfigProblem(name: string, value: string): string | null {
  const definition = definitions.get(name);
  if (definition === undefined) {
    const removed = REMOVED_TOPIC_CONFIGS.get(name);
    return removed === undefined ? `Unknown topic config name: ${name}` : `Topic config ${name} ${removed}.`;
  }
  const problem = definition.problemWith(value);
  return problem === null ? null : `Invalid value ${value} for configuration ${name}: ${problem}`;
}

function gzipLevel(value: string): string | null {
  return int(-1n, 9n)(value) ?? (value.trim() === '0' ? 'Value must be -1 or 1 to 9' : null);
}
