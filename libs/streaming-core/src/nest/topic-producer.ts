import type { StreamProducer } from '../client/types.js';
import type { SendOptions, Topic } from './topic.js';

/** Sends events of one topic, checked by its schema. */
export class TopicProducer<Input> {
  constructor(
    readonly topic: Topic<Input, unknown>,
    readonly producer: StreamProducer,
  ) {}

  /**
   * Resolves when all are acknowledged; order is kept per key. Nothing is sent if the schema refuses one of them.
   * @throws StreamClientError `INVALID_RECORD`, or what the delivery failed with
   */
  async send(...events: readonly Input[]): Promise<void> {
    await this.producer.send(await Promise.all(events.map((event) => this.topic.encode(event))));
  }

  /** {@link send} for one event, to a partition, with headers or a timestamp of one's own. */
  async sendWith(options: SendOptions, event: Input): Promise<void> {
    await this.producer.send([await this.topic.encode(event, options)]);
  }

  /** Deletes a key of a compacted topic. */
  async delete(key: string, options?: SendOptions): Promise<void> {
    await this.producer.send([this.topic.tombstone(key, options)]);
  }
}
