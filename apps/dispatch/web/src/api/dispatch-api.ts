import type { ApiError, CityView, QuoteView, RequestRideBody, RideView } from '../../../src/live/protocol.js';

export interface Place {
  readonly lat: number;
  readonly lon: number;
}

/** What went wrong, in words for the person at the screen. `code` is the gateway's, or `unreachable`, or `bad_answer`. */
export class RequestFailed extends Error {
  readonly code: string;
  readonly statusCode: number;
  /** The fields of the request that the gateway complained of. */
  readonly fields: readonly string[];
  constructor(message: string, code: string, statusCode: number, fields: readonly string[] = []) {
    super(message);
    this.fields = fields;
    this.name = 'RequestFailed';
    this.code = code;
    this.statusCode = statusCode;
  }
}

const TIMEOUT_MS = 10_000;

function isApiError(body: unknown): body is ApiError {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string';
}

/** The text of an ApiError with the fields that it complains of; plain words where the answer had none. */
export function failureOf(statusCode: number, body: unknown): RequestFailed {
  if (!isApiError(body))
    return new RequestFailed(`The dispatch service answered ${statusCode}.`, 'bad_answer', statusCode);
  const fields = (body.issues ?? []).map(({ path }) => path);
  // A refusal of a valid request (4xx other than 400) says all in its message.
  const listed = statusCode === 400 ? (body.issues ?? []) : [];
  const issues = listed.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const message = issues.length > 0 ? `${body.message} (${issues.slice(0, 3).join('; ')})` : body.message;
  return new RequestFailed(message, typeof body.code === 'string' ? body.code : 'unknown', statusCode, fields);
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new RequestFailed('The dispatch service cannot be reached. Is it running?', 'unreachable', 0);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw failureOf(response.status, answer);
  return answer as T;
}

const ride = (rideId: string): string => `/api/rides/${encodeURIComponent(rideId)}`;

export const dispatchApi = {
  city: (): Promise<CityView> => call('GET', '/api/city'),
  ride: (rideId: string, signal?: AbortSignal): Promise<RideView> => call('GET', ride(rideId), undefined, signal),
  quote: (pickup: Place, dropoff: Place): Promise<QuoteView> => call('POST', '/api/quotes', { pickup, dropoff }),
  requestRide: (body: RequestRideBody): Promise<RideView> => call('POST', '/api/rides', body),
  cancelRide: (rideId: string): Promise<unknown> => call('DELETE', `${ride(rideId)}?reason=changed_mind`),
};

export const messageOf = (error: unknown): string =>
  error instanceof RequestFailed ? error.message : 'Something went wrong in this page. Please try again.';
