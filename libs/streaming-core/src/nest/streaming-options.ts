import type { StreamClientOptions } from '../client/types.js';
import type { StreamConsumerOptions } from './stream-consumer.decorators.js';
import type { Tracing } from './tracing.js';

export interface HandlerLabels {
  readonly groupId: string;
  readonly topic: string;
}

/**
 * What is told to a metrics library; `prometheusMetrics` is the ready one. Calls are cheap and synchronous; they must not
 * throw. `topic` is the topic of origin, also for what comes from the retry ladder.
 */
export interface StreamingMetrics {
  /** Records were taken from a partition. */
  consumed?(labels: HandlerLabels & { readonly partition: number }, records: number): void;
  /** A handler resolved: one event, or a batch with so many. */
  handled?(labels: HandlerLabels, events: number, durationMs: number): void;
  /** A handler rejected. */
  failed?(labels: HandlerLabels, durationMs: number): void;
  /** A record is to be tried again: after a while in its place, or on a rung of the ladder. */
  retried?(labels: HandlerLabels & { readonly where: 'place' | 'ladder' }): void;
  /** `refused`: the record was none. `failed`: no handler could take it. */
  deadLettered?(labels: HandlerLabels & { readonly reason: 'refused' | 'failed' }): void;
}

/** What a deployment may set for a consumer group; it takes the place of what `@StreamConsumer` says. */
export type ConsumerSettings = Partial<
  Pick<
    StreamConsumerOptions,
    'retry' | 'concurrency' | 'inFlightMax' | 'maxBatchRecords' | 'sessionTimeoutMs' | 'startAt' | 'isolation'
  >
>;

export interface StreamingModuleOptions extends StreamClientOptions {
  /** Settings by group id. */
  readonly consumers?: Readonly<Record<string, ConsumerSettings>>;
  readonly metrics?: StreamingMetrics;
  /** Default: W3C Trace Context, see `trace-context`. `false`: records neither carry nor begin a trace. */
  readonly tracing?: Tracing | false;
}
