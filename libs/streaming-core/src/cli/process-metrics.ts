import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { Histogram } from '../broker/observability/histogram.js';
import type { PrometheusText } from '../broker/observability/prometheus-text.js';

const LAG_RESOLUTION_MS = 20;
const NS_PER_S = 1e9;

/** Memory, CPU, garbage collection and the event loop of this process. Measures from its construction on. */
export class ProcessMetrics {
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  readonly #gcSeconds = new Histogram();
  readonly #gc = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#gcSeconds.observe(duration / 1_000);
  });
  #loopBefore = performance.eventLoopUtilization();

  constructor() {
    this.#lag.enable();
    this.#gc.observe({ entryTypes: ['gc'] });
  }

  /** Lag and utilization are those since the last call. */
  write(text: PrometheusText): void {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, this.#loopBefore);
    this.#loopBefore = loop;
    const lag = [0.5, 0.99].map((quantile) => [{ quantile }, this.#lag.percentile(quantile * 100) / NS_PER_S] as const);
    text
      .gauge('process_memory_bytes', 'Memory of the process, by kind', [
        [{ kind: 'rss' }, rss],
        [{ kind: 'heap_used' }, heapUsed],
        [{ kind: 'heap_total' }, heapTotal],
        [{ kind: 'external' }, external],
      ])
      .counter('process_cpu_seconds_total', 'CPU time of the process', [[{}, (user + system) / 1e6]])
      .gauge('process_uptime_seconds', 'Time since the process started', [[{}, process.uptime()]])
      .gauge('event_loop_utilization', 'Share of time in which the event loop was busy, since the last scrape', [
        [{}, utilization],
      ])
      .gauge('event_loop_lag_seconds', 'How late timers went off since the last scrape, by quantile', lag)
      .histogram('gc_seconds', 'Pauses for garbage collection', [[{}, this.#gcSeconds]]);
    this.#lag.reset();
  }

  stop(): void {
    this.#lag.disable();
    this.#gc.disconnect();
  }
}
