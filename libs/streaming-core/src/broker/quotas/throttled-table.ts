import type { Clock } from '../../ports/clock.js';
import type { Request, ResponseInput } from '../../wire/apis/registry.js';
import type { RequestContext, RequestTable } from '../request-context.js';
import type { ClientQuotas, QuotaClient } from './client-quotas.js';

/** Whoever greets or authenticates is not throttled. */
const EXEMPT: ReadonlySet<number> = new Set([17, 18, 36]);
const PRODUCE = 0;
const FETCH = 1;

interface ThrottledBody {
  readonly throttleTimeMs?: number;
}
/** A handler whose key is not known: what it takes and gives goes through untouched, but for the throttle time. */
type AnyHandler = (request: unknown, context: RequestContext) => Promise<ThrottledBody | null> | ThrottledBody | null;

/**
 * The same table, with everything that passes counted against its client's quotas: bytes produced and fetched, and time in which
 * the event loop did nothing else. An answer goes out at once and names the time for which its client is not read from (KIP-219).
 */
export function throttledTable(
  table: RequestTable,
  quotas: ClientQuotas,
  clock: Pick<Clock, 'monotonicMs'>,
): RequestTable {
  const wrap = (key: number, handler: AnyHandler): AnyHandler => {
    if (EXEMPT.has(key)) return handler;
    return (request, context) => {
      if (quotas.isEmpty) return handler(request, context);
      const startedMs = clock.monotonicMs();
      const result = handler(request, context);
      const busyMs = clock.monotonicMs() - startedMs;
      const settle = (body: ThrottledBody | null): ThrottledBody | null => {
        const ownMs = body?.throttleTimeMs ?? 0;
        const throttleTimeMs = Math.max(ownMs, measure(quotas, key, request, body, busyMs, context));
        if (throttleTimeMs === 0) return body;
        context.mute?.(throttleTimeMs);
        return body === null ? null : { ...body, throttleTimeMs };
      };
      return result instanceof Promise ? result.then(settle) : settle(result);
    };
  };
  const wrapped = Object.entries(table).map(([key, handler]) => [key, wrap(Number(key), handler as AnyHandler)]);
  // Each handler keeps its key, and with it its types.
  return Object.fromEntries(wrapped) as RequestTable;
}

function measure(
  quotas: ClientQuotas,
  key: number,
  request: unknown,
  body: unknown,
  busyMs: number,
  client: QuotaClient,
): number {
  const busyThrottleMs = quotas.record('request_percentage', client, busyMs);
  if (key === PRODUCE) {
    const bytes = producedBytes(request as Request<typeof PRODUCE>);
    return Math.max(busyThrottleMs, quotas.record('producer_byte_rate', client, bytes));
  }
  if (key === FETCH) {
    const bytes = fetchedBytes(body as ResponseInput<typeof FETCH>);
    return Math.max(busyThrottleMs, quotas.record('consumer_byte_rate', client, bytes));
  }
  return busyThrottleMs;
}

function producedBytes({ topicData }: Request<typeof PRODUCE>): number {
  let bytes = 0;
  for (const { partitionData } of topicData) for (const { records } of partitionData) bytes += records?.length ?? 0;
  return bytes;
}

function fetchedBytes({ responses }: ResponseInput<typeof FETCH>): number {
  let bytes = 0;
  for (const { partitions } of responses) {
    for (const { records } of partitions) bytes += records === null ? 0 : sizeOf(records);
  }
  return bytes;
}

function sizeOf(records: Uint8Array | readonly Uint8Array[]): number {
  return records instanceof Uint8Array ? records.length : records.reduce((sum, piece) => sum + piece.length, 0);
}
