import type { Histogram } from './histogram.js';

export type Labels = Readonly<Record<string, string | number>>;
export type Sample = readonly [labels: Labels, value: number];

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
}

const PREFIX = 'streaming_';
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes the Prometheus text format, version 0.0.4. Metrics without samples are left out. */
export class PrometheusText {
  /** Every metric that was written, with samples or without. */
  readonly definitions: MetricDefinition[] = [];
  readonly #lines: string[] = [];

  counter(name: string, help: string, samples: Iterable<Sample>): this {
    return this.#metric(name, 'counter', help, samples);
  }

  gauge(name: string, help: string, samples: Iterable<Sample>): this {
    return this.#metric(name, 'gauge', help, samples);
  }

  histogram(name: string, help: string, series: Iterable<readonly [Labels, Histogram]>): this {
    this.definitions.push({ name: PREFIX + name, type: 'histogram', help });
    const lines: string[] = [];
    for (const [labels, histogram] of series) {
      const cumulative = histogram.cumulative();
      const bounds = [...histogram.bounds.map(String), '+Inf'];
      for (const [index, bound] of bounds.entries()) {
        lines.push(line(`${name}_bucket`, { ...labels, le: bound }, cumulative[index]!));
      }
      lines.push(line(`${name}_sum`, labels, histogram.sum), line(`${name}_count`, labels, cumulative.at(-1)!));
    }
    if (lines.length > 0) this.#lines.push(...heading(name, 'histogram', help), ...lines);
    return this;
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #metric(name: string, type: 'counter' | 'gauge', help: string, samples: Iterable<Sample>): this {
    this.definitions.push({ name: PREFIX + name, type, help });
    const lines = Array.from(samples, ([labels, value]) => line(name, labels, value));
    if (lines.length > 0) this.#lines.push(...heading(name, type, help), ...lines);
    return this;
  }
}

function heading(name: string, type: string, help: string): string[] {
  return [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(String(text))}"`);
  return `${PREFIX}${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escape(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
