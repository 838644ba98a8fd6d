import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/**
 * Whose work this is: W3C Trace Context level 1 (https://www.w3.org/TR/trace-context/), carried by the headers
 * `traceparent` and `tracestate` of HTTP requests and of records, and in between by the async context.
 */
export interface TraceContext {
  /** 32 hex digits, the same from the first request to the last record. */
  readonly traceId: string;
  /** 16 hex digits: this step. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** What vendors say about it, passed on untouched. */
  readonly tracestate?: string;
}

export const TRACEPARENT = 'traceparent';
export const TRACESTATE = 'tracestate';

const TRACEPARENT_PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const TRACESTATE_CHARS_MAX = 512;
const SAMPLED = 1;

const storage = new AsyncLocalStorage<TraceContext>();

/** The trace of what runs now, if there is one. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore();
}

/** Runs `work`, and all that it awaits, as a part of the trace. */
export function runInTrace<T>(trace: TraceContext, work: () => T): T {
  return storage.run(trace, work);
}

/** A new step of the trace that the headers carry, or of a new trace if they carry none that is valid. */
export function continueTrace(headers: ReadonlyMap<string, string>): TraceContext {
  const parent = parseTraceparent(headers.get(TRACEPARENT));
  if (!parent) return { traceId: hexBytes(16), spanId: hexBytes(8), sampled: true };
  const tracestate = headers.get(TRACESTATE);
  return {
    ...parent,
    spanId: hexBytes(8),
    ...(tracestate !== undefined && tracestate.length <= TRACESTATE_CHARS_MAX && { tracestate }),
  };
}

/** The headers that carry the trace on. */
export function traceHeaders({ traceId, spanId, sampled, tracestate }: TraceContext): Record<string, string> {
  return {
    [TRACEPARENT]: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
    ...(tracestate !== undefined && { [TRACESTATE]: tracestate }),
  };
}

/** Undefined for anything that the specification calls invalid: such a header is as good as none. */
export function parseTraceparent(header: string | undefined): Omit<TraceContext, 'tracestate'> | undefined {
  const match = header === undefined ? null : TRACEPARENT_PATTERN.exec(header);
  if (!match) return undefined;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined;
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & SAMPLED) === SAMPLED };
}

function hexBytes(count: number): string {
  return randomBytes(count).toString('hex');
}
