import { findApi } from '../wire/apis/registry.js';

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
  readonly #refused = new Map<string, number>();
  readonly #apis = new Map<number, ApiMetrics>();

  api(key: number): ApiMetrics {
    let metrics = this.#apis.get(key);
    if (!metrics) {
      metrics = { requests: 0, errors: 0, requestBytes: 0, responseBytes: 0, totalMs: 0 };
      this.#apis.set(key, metrics);
    }
    return metrics;
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

  /** The Prometheus text format, version 0.0.4. */
  prometheus(): string {
    const lines: string[] = [];
    const metric = (
      name: string,
      type: 'counter' | 'gauge',
      help: string,
      samples: readonly [string, number][],
    ): void => {
      lines.push(`# HELP streaming_${name} ${help}`, `# TYPE streaming_${name} ${type}`);
      for (const [labels, value] of samples) lines.push(`streaming_${name}${labels} ${value}`);
    };
    metric('connections_open', 'gauge', 'Open client connections', [['', this.connectionsOpen]]);
    metric('connections_accepted_total', 'counter', 'Connections accepted', [['', this.connectionsAccepted]]);
    metric(
      'connections_refused_total',
      'counter',
      'Connections that the broker closed',
      [...this.#refused].map(([reason, count]) => [`{reason="${reason}"}`, count]),
    );
    metric('record_batches_appended_total', 'counter', 'Record batches appended', [['', this.recordBatchesAppended]]);
    metric('appended_bytes_total', 'counter', 'Bytes of record batches appended', [['', this.bytesAppended]]);
    metric('fetched_bytes_total', 'counter', 'Bytes of record batches sent', [['', this.bytesFetched]]);
    metric('fetches_waiting', 'gauge', 'Fetches that wait for data', [['', this.fetchesWaiting]]);
    const perApi = (select: (metrics: ApiMetrics) => number): [string, number][] =>
      [...this.#apis].map(([key, metrics]) => [`{api="${apiName(key)}"}`, select(metrics)]);
    metric(
      'requests_total',
      'counter',
      'Requests',
      perApi((api) => api.requests),
    );
    metric(
      'request_errors_total',
      'counter',
      'Errors in responses',
      perApi((api) => api.errors),
    );
    metric(
      'request_bytes_total',
      'counter',
      'Bytes of requests',
      perApi((api) => api.requestBytes),
    );
    metric(
      'response_bytes_total',
      'counter',
      'Bytes of responses',
      perApi((api) => api.responseBytes),
    );
    metric(
      'request_seconds_total',
      'counter',
      'Time in requests',
      perApi((api) => api.totalMs / 1000),
    );
    return `${lines.join('\n')}\n`;
  }
}

function apiName(key: number): string {
  return findApi(key)?.name ?? String(key);
}
