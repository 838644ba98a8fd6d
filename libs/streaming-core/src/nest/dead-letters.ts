import type { StreamAdmin, StreamProducer, StreamRecord } from '../client/types.js';

const REASON_CHARS_MAX = 1000;

/** The topic that takes what a group could not handle. */
export function deadLetterTopic(topic: string, groupId: string): string {
  return `${topic}.${groupId}.dlq`;
}

/**
 * Puts records aside with key, value, headers and partition as they were, and headers that say why and whence:
 * dlq-reason, dlq-topic, dlq-partition, dlq-offset, dlq-group.
 */
export class DeadLetters {
  readonly #ready = new Map<string, Promise<void>>();

  constructor(
    readonly groupId: string,
    readonly producer: StreamProducer,
    readonly admin: StreamAdmin,
  ) {}

  /** Resolves when the dead letter is acknowledged. */
  async add(record: StreamRecord, reason: string): Promise<void> {
    const topic = deadLetterTopic(record.topic, this.groupId);
    await this.#ensure(record.topic, topic);
    await this.producer.send([
      {
        topic,
        partition: record.partition,
        key: record.key,
        value: record.value,
        timestamp: record.timestamp,
        headers: {
          ...Object.fromEntries(record.headers),
          'dlq-reason': reason.slice(0, REASON_CHARS_MAX),
          'dlq-topic': record.topic,
          'dlq-partition': String(record.partition),
          'dlq-offset': String(record.offset),
          'dlq-group': this.groupId,
        },
      },
    ]);
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
