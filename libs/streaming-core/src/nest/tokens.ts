/** Injection token of the application's {@link StreamClient}. */
export const STREAM_CLIENT = Symbol('streaming-core:client');
/** Injection token of the application's one {@link StreamProducer}. */
export const STREAM_PRODUCER = Symbol('streaming-core:producer');
export const STREAMING_OPTIONS = Symbol('streaming-core:options');
