import type { StreamProducer } from '../client/types.js';
import type { Topic } from './topic.js';
import { TopicProducer } from './topic-producer.js';

/** Sends events of any typed topic: `publisher.send(Orders, { id: 'o-1', amount: 5 })`. Inject it by its class. */
export class StreamPublisher {
  constructor(readonly producer: StreamProducer) {}

  /** See {@link TopicProducer.send}. */
  send<Input, Event>(topic: Topic<Input, Event>, ...events: readonly NoInfer<Input>[]): Promise<void> {
    return this.to(topic).send(...events);
  }

  to<Input, Event>(topic: Topic<Input, Event>): TopicProducer<Input> {
    return new TopicProducer(topic, this.producer);
  }
}
