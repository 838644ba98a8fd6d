import type { Clock } from '../../ports/clock.js';
import { errorName } from '../../wire/error-codes.js';
import type { BrokerMetrics } from '../metrics.js';
import type { RequestContext, RequestTable } from '../request-context.js';

type AnyHandler = (request: unknown, context: RequestContext) => Promise<object | null> | object | null;

/** The same table, with the time of each answer and every error code in it counted. */
export function measuredTable(
  table: RequestTable,
  metrics: BrokerMetrics,
  clock: Pick<Clock, 'monotonicMs'>,
): RequestTable {
  const wrap = (key: number, handler: AnyHandler): AnyHandler => {
    const seconds = metrics.handlerSeconds(key);
    const countError = (code: number): void => metrics.countError(key, errorName(code));
    return (request, context) => {
      const startedMs = clock.monotonicMs();
      const note = (body: object | null): object | null => {
        seconds.observe((clock.monotonicMs() - startedMs) / 1_000);
        if (body !== null) eachError(body, countError);
        return body;
      };
      const result = handler(request, context);
      return result instanceof Promise ? result.then(note) : note(result);
    };
  };
  const wrapped = Object.entries(table).map(([key, handler]) => [key, wrap(Number(key), handler as AnyHandler)]);
  // Each handler keeps its key, and with it its types.
  return Object.fromEntries(wrapped) as RequestTable;
}

/** Every error code of a response, however deep. Answers are lists of lists of flat objects; this is on the path of every one. */
function eachError(value: object, onError: (code: number) => void): void {
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    const field = fields[name];
    if (typeof field === 'number') {
      if (name === 'errorCode' && field !== 0) onError(field);
    } else if (Array.isArray(field)) {
      for (const element of field as unknown[]) {
        // Lists of numbers and names, and pieces of record batches.
        if (typeof element !== 'object' || element === null || element instanceof Uint8Array) break;
        eachError(element, onError);
      }
    }
  }
}
