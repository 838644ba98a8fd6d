import type { RequestContext, RequestTable } from '../broker/request-context.js';
import { isApiKey, type ApiKey } from '../wire/apis/registry.js';
import type { Struct } from './plain.js';
import type { Answer, RequestFaults } from './request-faults.js';
import type { RequestLog } from './request-log.js';

/** A handler without the types of its API. */
export type AnyHandler = (request: Struct, context: RequestContext) => Answer | Promise<Answer>;

/** The table that connections ask: every request is noted, goes through the faults, and then to its handler. */
export function intercept(table: RequestTable, faults: RequestFaults, log: RequestLog): RequestTable {
  const wrapped: Partial<Record<ApiKey, AnyHandler>> = {};
  for (const [key, handler] of Object.entries(table)) {
    const apiKey = Number(key);
    if (isApiKey(apiKey)) wrapped[apiKey] = wrap(apiKey, handler as unknown as AnyHandler, faults, log);
  }
  // Each handler stands under the key that it came from.
  return wrapped as unknown as RequestTable;
}

function wrap(apiKey: ApiKey, handler: AnyHandler, faults: RequestFaults, log: RequestLog): AnyHandler {
  return (request, context) => {
    const note = log.begin(apiKey, request, context);
    const answered = (answer: Answer): Answer => {
      note.end('answered', answer);
      return answer;
    };
    const failed = (error: unknown): never => {
      note.end('dropped', null);
      throw error;
    };
    try {
      const handle = (asked: Struct): Answer | Promise<Answer> => handler(asked, context);
      const result = faults.handle({ apiKey, request, context, handle, onStruck: note.struck });
      return result instanceof Promise ? result.then(answered, failed) : answered(result);
    } catch (error) {
      return failed(error);
    }
  };
}
