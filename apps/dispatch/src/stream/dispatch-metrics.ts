import type { Metrics } from '@ridestream/platform/metrics/metrics';

interface PlainCounter {
  inc(by?: number): void;
}

interface LabelledCounter<L extends string> {
  inc(labels: Record<L, string>, by?: number): void;
}

interface PlainHistogram {
  observe(value: number): void;
}

/** What the service counts. */
export interface DispatchMetrics {
  readonly requests: LabelledCounter<'outcome'>;
  readonly offers: PlainCounter;
  readonly deadLetters: LabelledCounter<'topic'>;
  readonly tickSeconds: PlainHistogram;
  readonly ticksSkipped: PlainCounter;
  readonly socketsRefused: PlainCounter;
  readonly socketEventsUnknown: PlainCounter;
}

const TICK_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

export const createDispatchMetrics = (metrics: Metrics): DispatchMetrics => ({
  requests: metrics.counter('dispatch_requests_total', 'Requests and cancels handled, by what came of them', [
    'outcome',
  ]),
  offers: metrics.counter('dispatch_offers_total', 'Offers made to drivers'),
  deadLetters: metrics.counter('dispatch_dead_letters_total', 'Records that no event could be read from', ['topic']),
  tickSeconds: metrics.histogram('dispatch_tick_seconds', 'Time of one matching tick', TICK_BUCKETS_S),
  ticksSkipped: metrics.counter('dispatch_ticks_skipped_total', 'Ticks left out because decisions wait for the log'),
  socketsRefused: metrics.counter('dispatch_sockets_refused_total', 'Browsers refused or thrown out'),
  socketEventsUnknown: metrics.counter('dispatch_socket_events_unknown_total', 'Socket events without a meaning'),
});
