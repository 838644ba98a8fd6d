import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import type { OutgoingRecord, StreamProducer } from '../client/types.js';
import { STREAM_PRODUCER } from './tokens.js';

/** Sends events of one type family: the encoder gives topic, partition, key, value and headers. */
export class TypedProducer<Event> {
  constructor(
    readonly producer: StreamProducer,
    readonly encode: (event: Event) => OutgoingRecord,
  ) {}

  /** Resolves when all are acknowledged; order is kept per partition. Rejects with `StreamClientError`. */
  send(...events: readonly Event[]): Promise<void> {
    return this.producer.send(events.map((event) => this.encode(event)));
  }
}

/** A provider of a {@link TypedProducer} under a token of the application. */
export function provideTypedProducer<Event>(
  token: InjectionToken,
  encode: (event: Event) => OutgoingRecord,
): FactoryProvider<TypedProducer<Event>> {
  return {
    provide: token,
    inject: [STREAM_PRODUCER],
    useFactory: (producer: StreamProducer) => new TypedProducer(producer, encode),
  };
}
