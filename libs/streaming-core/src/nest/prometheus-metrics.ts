import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TopicLag } from './streaming-consumers.js';
import type { StreamingMetrics } from './streaming-options.js';

const BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** Streaming metrics in a Prometheus registry. Needs the package `prom-client`. Once per registry. */
export function prometheusMetrics(registry: Registry): Required<StreamingMetrics> {
  const counter = <L extends string>(name: string, help: string, ...more: L[]) =>
    new Counter({ name, help, labelNames: ['group', 'topic', ...more], registers: [registry] });
  const consumed = counter('streaming_records_consumed_total', 'Records taken from partitions');
  const handled = counter('streaming_events_handled_total', 'Events whose handler resolved');
  const failed = counter('streaming_handler_failures_total', 'Calls of handlers that rejected');
  const retried = counter('streaming_retries_total', 'Events that are tried again, in place or on the ladder', 'where');
  const dead = counter('streaming_dead_letters_total', 'Records put aside, refused or failed', 'reason');
  const seconds = new Histogram({
    name: 'streaming_handler_duration_seconds',
    help: 'How long calls of handlers took, for one event or a batch',
    labelNames: ['group', 'topic', 'outcome'],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  return {
    consumed: ({ groupId: group, topic }, records) => consumed.inc({ group, topic }, records),
    handled: ({ groupId: group, topic }, events, durationMs) => {
      handled.inc({ group, topic }, events);
      seconds.observe({ group, topic, outcome: 'handled' }, durationMs / 1000);
    },
    failed: ({ groupId: group, topic }, durationMs) => {
      failed.inc({ group, topic });
      seconds.observe({ group, topic, outcome: 'failed' }, durationMs / 1000);
    },
    retried: ({ groupId: group, topic, where }) => retried.inc({ group, topic, where }),
    deadLettered: ({ groupId: group, topic, reason }) => dead.inc({ group, topic, reason }),
  };
}

/** The lag of an application's consumers, asked for at each scrape: `() => streamingConsumers.lag()`. */
export function prometheusLag(registry: Registry, lag: () => readonly TopicLag[]): void {
  new Gauge({
    name: 'streaming_consumer_lag_records',
    help: 'Records of assigned partitions that are not handled yet, rungs of the retry ladder by their own topics',
    labelNames: ['group', 'topic'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { groupId, topic, records } of lag()) this.set({ group: groupId, topic }, records);
    },
  });
}
