import type { OutgoingRecord, StreamAdmin, StreamProducer, StreamRecord } from '../client/types.js';

const REASON_CHARS_MAX = 1000;
/**
 * A record may be as large as its topic allows, and as a dead letter it is larger by what is said about it. Together these
 * stay under Kafka's default `max.message.bytes` of 1 MiB: a letter that no topic takes would hold its partition up for ever.
 */
const VALUE_BYTES_MAX = 900_000;
const ORIGINAL_HEADERS_BYTES_MAX = 64_000;

/** The topic that takes what a group could not handle. */
export function deadLetterTopic(topic: string, groupId: string): string {
  return `${topic}.${groupId}.dlq`;
}

/**
 * Puts records aside with key, value, headers and partition as they were, and headers that say why and whence:
 * dlq-reason, dlq-topic, dlq-partition, dlq-offset, dlq-group and, if a handler failed, dlq-attempts. A value over 900 kB is cut, and dlq-value-bytes says how long
 * it was; headers over 64 kB are left out. The record itself stays where dlq-offset says.
 */
export class DeadLetters {
  readonly #ready = new Map<string, Promise<void>>();

  constructor(
    readonly groupId: string,
    readonly producer: StreamProducer,
    readonly admin: StreamAdmin,
  ) {}

  /** Resolves when the dead letter is acknowledged. */
  async add(record: StreamRecord, reason: string, attempts = 0): Promise<void> {
    const topic = deadLetterTopic(record.topic, this.groupId);
    await this.#ensure(record.topic, topic);
    await this.producer.send([deadLetter(topic, this.groupId, record, reason, attempts)]);
  }

  /** Created with the first dead letter, with the partitions of the origin. */
  #ensure(origin: string, topic: string): Promise<void> {
    let ready = this.#ready.get(topic);
    if (!ready) {
      ready = this.#create(origin, topic);
      this.#ready.set(topic, ready);
      ready.catch(() => this.#ready.delete(topic));
    }
    return ready;
  }

  async #create(origin: string, topic: string): Promise<void> {
    const counts = await this.admin.partitionCounts([origin, topic]);
    if (counts.has(topic)) return;
    await this.admin.ensureTopics([{ name: topic, partitions: counts.get(origin) ?? 1 }]);
  }
}

function deadLetter(
  topic: string,
  groupId: string,
  record: StreamRecord,
  reason: string,
  attempts: number,
): OutgoingRecord {
  const { key, value, timestamp, partition, offset } = record;
  const isCut = value !== null && value.length > VALUE_BYTES_MAX;
  let headersBytes = 0;
  for (const [name, text] of record.headers) headersBytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return {
    topic,
    partition,
    key,
    value: isCut ? value.subarray(0, VALUE_BYTES_MAX) : value,
    timestamp,
    headers: {
      ...(headersBytes > ORIGINAL_HEADERS_BYTES_MAX ? {} : Object.fromEntries(record.headers)),
      'dlq-reason': reason.slice(0, REASON_CHARS_MAX),
      'dlq-topic': record.topic,
      'dlq-partition': String(partition),
      'dlq-offset': String(offset),
      'dlq-group': groupId,
      ...(attempts > 0 && { 'dlq-attempts': String(attempts) }),
      ...(isCut ? { 'dlq-value-bytes': String(value.length) } : {}),
    },
  };
}
