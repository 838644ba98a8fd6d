import { findApi } from '../wire/apis/registry.js';
import type { KafkaErrorName } from '../wire/error-codes.js';
import { Histogram } from './observability/histogram.js';
import type { PrometheusText, Sample } from './observability/prometheus-text.js';

export interface ApiMetrics {
  requests: number;
  /** Responses with an error code at their top, partitions of produce and fetch that failed, and failed handlers. */
  errors: number;
  requestBytes: number;
  responseBytes: number;
  /** From the whole request to the written response, waiting included. */
  totalMs: number;
}

export interface BrokerMetricsSnapshot {
  readonly connectionsOpen: number;
  readonly connectionsAccepted: number;
  /** Connections that the broker closed, by reason. */
  readonly connectionsRefused: Readonly<Record<string, number>>;
  readonly recordBatchesAppended: number;
  readonly bytesAppended: number;
  readonly bytesFetched: number;
  readonly fetchesWaiting: number;
  readonly apis: Readonly<Record<string, Readonly<ApiMetrics>>>;
}

/** Counters since the broker started. */
export class BrokerMetrics {
  connectionsOpen = 0;
  connectionsAccepted = 0;
  recordBatchesAppended = 0;
  bytesAppended = 0;
  bytesFetched = 0;
  fetchesWaiting = 0;
  /** Until clients were served: opening and checking logs, then reading groups. */
  recoveryMs = 0;
  readonly syncSeconds = new Histogram();
  readonly #refused = new Map<string, number>();
  readonly #apis = new Map<number, ApiMetrics>();
  readonly #handlerSeconds = new Map<number, Histogram>();
  readonly #errors = new Map<number, Map<KafkaErrorName, number>>();

  api(key: number): ApiMetrics {
    let metrics = this.#apis.get(key);
    if (!metrics) {
      metrics = { requests: 0, errors: 0, requestBytes: 0, responseBytes: 0, totalMs: 0 };
      this.#apis.set(key, metrics);
    }
    return metrics;
  }

  /** How long requests of an API took from their turn to their answer, waiting for data included. */
  handlerSeconds(key: number): Histogram {
    const histogram = this.#handlerSeconds.get(key) ?? new Histogram();
    this.#handlerSeconds.set(key, histogram);
    return histogram;
  }

  countError(key: number, error: KafkaErrorName): void {
    let errors = this.#errors.get(key);
    if (!errors) {
      errors = new Map();
      this.#errors.set(key, errors);
    }
    errors.set(error, (errors.get(error) ?? 0) + 1);
  }

  refused(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  snapshot(): BrokerMetricsSnapshot {
    const apis = [...this.#apis].sort(([a], [b]) => a - b).map(([key, metrics]) => [apiName(key), { ...metrics }]);
    return {
      connectionsOpen: this.connectionsOpen,
      connectionsAccepted: this.connectionsAccepted,
      connectionsRefused: Object.fromEntries(this.#refused),
      recordBatchesAppended: this.recordBatchesAppended,
      bytesAppended: this.bytesAppended,
      bytesFetched: this.bytesFetched,
      fetchesWaiting: this.fetchesWaiting,
      apis: Object.fromEntries(apis) as Record<string, ApiMetrics>,
    };
  }

  write(text: PrometheusText): void {
    const one = (value: number): Sample[] => [[{}, value]];
    const perApi = (select: (metrics: ApiMetrics) => number): Sample[] =>
      [...this.#apis].map(([key, metrics]) => [{ api: apiName(key) }, select(metrics)]);
    const refused = [...this.#refused].map(([reason, count]): Sample => [{ reason }, count]);
    const errors = [...this.#errors].flatMap(([key, counts]) =>
      [...counts].map(([error, count]): Sample => [{ api: apiName(key), error }, count]),
    );
    const asked = [...this.#handlerSeconds].filter(([key]) => this.#apis.has(key));
    text
      .gauge('connections_open', 'Open client connections', one(this.connectionsOpen))
      .counter('connections_accepted_total', 'Connections accepted', one(this.connectionsAccepted))
      .counter('connections_refused_total', 'Connections that the broker closed, by reason', refused)
      .counter('record_batches_appended_total', 'Record batches appended', one(this.recordBatchesAppended))
      .counter('appended_bytes_total', 'Bytes of record batches appended', one(this.bytesAppended))
      .counter('fetched_bytes_total', 'Bytes of record batches sent', one(this.bytesFetched))
      .gauge('fetches_waiting', 'Fetches that wait for data', one(this.fetchesWaiting))
      .counter(
        'requests_total',
        'Requests, by API',
        perApi((api) => api.requests),
      )
      .counter('request_errors_total', 'Error codes in responses, by API and error', errors)
      .counter(
        'request_bytes_total',
        'Bytes of requests, by API',
        perApi((api) => api.requestBytes),
      )
      .counter(
        'response_bytes_total',
        'Bytes of responses, by API',
        perApi((api) => api.responseBytes),
      )
      .counter(
        'request_seconds_total',
        'Time from whole requests to written responses, by API',
        perApi((api) => api.totalMs / 1_000),
      )
      .histogram(
        'request_handler_seconds',
        'Time from the turn of a request to its answer, by API; a fetch waits for data in it',
        asked.map(([key, histogram]) => [{ api: apiName(key) }, histogram] as const),
      )
      .histogram('fsync_seconds', 'Time of a sync of a log file to stable storage', [[{}, this.syncSeconds]])
      .gauge(
        'recovery_seconds',
        'Time that the last start took to open and check what was there',
        one(this.recoveryMs / 1_000),
      );
  }
}

function apiName(key: number): string {
  return findApi(key)?.name ?? String(key);
}
