import type { InjectionToken } from '@nestjs/common';

/** Injection token of the application's `StreamClient`. */
export const STREAM_CLIENT = Symbol('streaming-core:client');
/** Injection token of the application's one `StreamProducer`. */
export const STREAM_PRODUCER = Symbol('streaming-core:producer');
export const STREAMING_OPTIONS = Symbol('streaming-core:options');

/** Tokens of connections are the same for all modules: names are global, as `Symbol.for` is. */
export const named = (what: string, connection: string): symbol => Symbol.for(`streaming-core:${what}:${connection}`);

export function streamClientToken(connection?: string): InjectionToken {
  return connection === undefined ? STREAM_CLIENT : named('client', connection);
}

export function streamProducerToken(connection?: string): InjectionToken {
  return connection === undefined ? STREAM_PRODUCER : named('producer', connection);
}

export function streamingOptionsToken(connection?: string): InjectionToken {
  return connection === undefined ? STREAMING_OPTIONS : named('options', connection);
}

export function producerToken(topic: string, connection?: string): InjectionToken {
  return named(`topic-producer:${topic}`, connection ?? '');
}
