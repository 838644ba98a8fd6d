import type { OutgoingRecord, StreamProducer } from '../client/types.js';
import { TRACEPARENT, continueTrace, currentTrace, runInTrace, traceHeaders } from './trace-context.js';

/** How trace context gets from record headers into a handler, and from a handler into what it sends. */
export interface Tracing {
  /** Runs a handler in the trace that the record's headers carry. */
  run<T>(headers: ReadonlyMap<string, string>, work: () => T): T;
  /** Headers for a record that is sent now; empty without a trace. */
  headers(): Readonly<Record<string, string>>;
}

/** The default: W3C Trace Context in an AsyncLocalStorage, see `trace-context`. */
export const w3cTracing: Tracing = {
  run: (headers, work) => runInTrace(continueTrace(headers), work),
  headers: () => {
    const trace = currentTrace();
    return trace ? traceHeaders(trace) : {};
  },
};

/** The part of `@opentelemetry/api` that {@link openTelemetryTracing} uses. */
export interface OpenTelemetryApi<Context> {
  readonly context: { active(): Context; with<T>(context: Context, work: () => T): T };
  readonly propagation: {
    extract(context: Context, carrier: unknown): Context;
    inject(context: Context, carrier: unknown): void;
  };
}

/** Hands trace context to OpenTelemetry: `openTelemetryTracing(await import('@opentelemetry/api'))`. */
export function openTelemetryTracing<Context>({ context, propagation }: OpenTelemetryApi<Context>): Tracing {
  return {
    run: (headers, work) => context.with(propagation.extract(context.active(), Object.fromEntries(headers)), work),
    headers: () => {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      return carrier;
    },
  };
}

/** A producer whose records carry the trace of whoever sends them, unless they carry one already. */
export function tracedProducer(producer: StreamProducer, tracing: Tracing): StreamProducer {
  return {
    send: (records) => producer.send(withTrace(records, tracing.headers())),
    close: () => producer.close(),
  };
}

export function withTrace(
  records: readonly OutgoingRecord[],
  trace: Readonly<Record<string, string>>,
): readonly OutgoingRecord[] {
  for (const _ in trace) {
    return records.map((record) =>
      record.headers?.[TRACEPARENT] === undefined ? { ...record, headers: { ...record.headers, ...trace } } : record,
    );
  }
  return records;
}

/** Neither reads nor writes trace headers. */
export const untraced: Tracing = { run: (_headers, work) => work(), headers: () => ({}) };
