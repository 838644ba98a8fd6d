import type { NextFunction, Request, Response } from 'express';
import { TRACEPARENT, TRACESTATE, continueTrace, runInTrace, traceHeaders } from 'streaming-core/nest/trace-context';

/**
 * Express middleware: what a request does belongs to the trace of its `traceparent` header, or to a new one. Records that are sent
 * and lines that are logged meanwhile carry it, and the answer's `traceparent` tells it to the caller.
 */
export function traceRequest(request: Request, response: Response, next: NextFunction): void {
  const headers = new Map<string, string>();
  for (const name of [TRACEPARENT, TRACESTATE]) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const trace = continueTrace(headers);
  response.setHeader(TRACEPARENT, traceHeaders(trace)[TRACEPARENT]!);
  runInTrace(trace, next);
}
