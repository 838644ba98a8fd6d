import type { Clock } from '../ports/clock.js';
import type { Connection } from '../ports/network.js';
import { findApi, type ApiKey } from '../wire/apis/registry.js';
import { FrameError, FrameSplitter } from '../wire/frame.js';
import {
  decodeRequest,
  encodeResponse,
  encodeUnsupportedApiVersions,
  REQUEST_BYTES_MIN,
  UnsupportedRequestError,
  type DecodedRequest,
  type RequestMessage,
} from '../wire/messages.js';
import { WireError } from '../wire/wire-error.js';
import type { ClientSession } from './client-session.js';
import type { Logger } from './logger.js';
import type { BrokerMetrics } from './metrics.js';
import type { HandlerResult, RequestContext, RequestTable } from './request-context.js';

const PRODUCE_KEY = 0;
const API_VERSIONS_KEY = 18;
/** Unsent bytes at which a connection's next request waits until its client has read. */
const UNSENT_BYTES_MAX = 1 << 20;
/** Bytes of produce requests under way at which the next one waits. */
const IN_FLIGHT_BYTES_MAX = 32 << 20;

export interface ConnectionServices {
  readonly table: RequestTable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: BrokerMetrics;
  readonly maxRequestBytes: number;
  readonly maxInFlight: number;
}

/** A request under way. Its response leaves once all earlier ones have left. */
interface InFlight {
  readonly apiKey: number;
  readonly bytes: number;
  readonly startedMs: number;
  /** Undefined until the answer is there; empty for a request that has none. */
  response: readonly Buffer[] | undefined;
}

/**
 * One client. Requests are handled one after the other, as in Kafka, except that produce requests may overlap: they are appended
 * in order and wait for the disk together. Nothing is read while a request waits its turn, so memory is bounded by the
 * largest frame, the responses under way, and what the socket has buffered.
 */
export class ClientConnection {
  readonly peer: string;
  /** Monotonic time of the last whole request or written response. */
  lastActiveMs: number;
  readonly #connection: Connection;
  readonly #services: ConnectionServices;
  readonly #session: ClientSession;
  readonly #frames: FrameSplitter;
  readonly #waiting: Buffer[] = [];
  readonly #inFlight: InFlight[] = [];
  readonly #disconnectCallbacks = new Set<() => void>();
  readonly #onIdle: (() => void)[] = [];
  #inFlightBytes = 0;
  #isReading = true;
  #isDraining = false;
  #isClosed = false;

  constructor(connection: Connection, services: ConnectionServices, session: ClientSession) {
    this.#connection = connection;
    this.#session = session;
    this.#services = services;
    this.peer = connection.peer;
    this.lastActiveMs = services.clock.monotonicMs();
    this.#frames = new FrameSplitter({ frameBytesMax: services.maxRequestBytes, frameBytesMin: REQUEST_BYTES_MIN });
    connection.onData((chunk) => this.#onData(chunk));
    connection.onDrain(() => this.#pump());
    connection.onClose(() => this.#onClosed());
  }

  get isBusy(): boolean {
    return this.#inFlight.length > 0;
  }

  /** Takes no more requests; resolves when the answers to those under way have been handed to the socket. */
  drain(): Promise<void> {
    this.#isDraining = true;
    this.#waiting.length = 0;
    this.#setReading(false);
    if (!this.isBusy || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Sends what was answered, then closes. */
  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /** Closes this connection alone, with one line in the log. */
  refuse(reason: string, error: unknown): void {
    if (this.#isClosed) return;
    const detail = error instanceof Error ? error.message : String(error);
    this.#services.metrics.refused(reason);
    this.#services.logger.warn({ peer: this.peer, reason, detail }, 'connection closed');
    this.#connection.destroy();
    this.#onClosed();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed || this.#isDraining) return;
    try {
      this.#frames.push(chunk, (frame) => this.#waiting.push(frame));
    } catch (error) {
      // Requests before the bad bytes are lost too: the client gets no answers in any case.
      this.refuse(error instanceof FrameError ? error.code : 'BAD_FRAME', error);
      return;
    }
    this.#pump();
  }

  /** Starts what may start, and reads on only if nothing is left waiting. */
  #pump(): void {
    while (this.#waiting.length > 0 && !this.#isClosed && this.#mayStart(this.#waiting[0]!)) {
      this.#start(this.#waiting.shift()!);
    }
    if (!this.#isClosed && !this.#isDraining) this.#setReading(this.#waiting.length === 0);
  }

  #mayStart(frame: Buffer): boolean {
    if (this.#connection.bufferedBytes > UNSENT_BYTES_MAX) return false;
    if (this.#inFlight.length === 0) return true;
    const isProduce = frame.length >= 2 && frame.readInt16BE(0) === PRODUCE_KEY;
    return (
      isProduce &&
      this.#inFlight.length < this.#services.maxInFlight &&
      this.#inFlightBytes + frame.length <= IN_FLIGHT_BYTES_MAX &&
      this.#inFlight.every((request) => request.apiKey === PRODUCE_KEY)
    );
  }

  #setReading(isReading: boolean): void {
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    if (isReading) this.#connection.resume();
    else this.#connection.pause();
  }

  #start(frame: Buffer): void {
    const { clock } = this.#services;
    this.lastActiveMs = clock.monotonicMs();
    let request: DecodedRequest;
    try {
      request = decodeRequest(frame);
      if (!(request.apiKey in this.#services.table)) throw unserved(request);
    } catch (error) {
      this.#onUndecodable(frame, error);
      return;
    }
    const inFlight: InFlight = {
      apiKey: request.apiKey,
      bytes: frame.length,
      startedMs: this.lastActiveMs,
      response: undefined,
    };
    const metrics = this.#services.metrics.api(request.apiKey);
    metrics.requests += 1;
    metrics.requestBytes += frame.length;
    this.#inFlight.push(inFlight);
    this.#inFlightBytes += frame.length;
    this.#handle(request, inFlight);
  }

  #onUndecodable(frame: Buffer, error: unknown): void {
    const isOldApiVersions = error instanceof UnsupportedRequestError && error.apiKey === API_VERSIONS_KEY;
    if (isOldApiVersions) {
      const inFlight: InFlight = {
        apiKey: API_VERSIONS_KEY,
        bytes: frame.length,
        startedMs: this.lastActiveMs,
        response: undefined,
      };
      this.#inFlight.push(inFlight);
      this.#inFlightBytes += frame.length;
      this.#finish(inFlight, encodeUnsupportedApiVersions(error.correlationId));
      return;
    }
    this.refuse(error instanceof WireError ? error.code : 'UNDECODABLE', error);
  }

  #handle<K extends ApiKey>(request: { [P in K]: RequestMessage<P> }[K], inFlight: InFlight): void {
    const answer = (body: HandlerResult<K>): void => this.#finish(inFlight, this.#encode(request, body));
    try {
      const result = this.#services.table[request.apiKey]!(request.body, this.#contextOf(request));
      if (result instanceof Promise)
        result.then(answer).catch((error: unknown) => this.#onFailed(request.apiKey, error));
      else answer(result);
    } catch (error) {
      this.#onFailed(request.apiKey, error);
    }
  }

  #encode<K extends ApiKey>(request: RequestMessage<K>, body: HandlerResult<K>): readonly Buffer[] {
    if (body === null) return [];
    if ('errorCode' in body && body.errorCode !== 0) this.#services.metrics.api(request.apiKey).errors += 1;
    return encodeResponse(request.apiKey, request.apiVersion, request.correlationId, body);
  }

  #onFailed(apiKey: number, error: unknown): void {
    if (this.#isClosed) return;
    this.#services.metrics.api(apiKey).errors += 1;
    this.#services.logger.error({ err: error, api: findApi(apiKey)?.name, peer: this.peer }, 'request failed');
    this.refuse('HANDLER_FAILED', error);
  }

  #finish(inFlight: InFlight, response: readonly Buffer[]): void {
    if (this.#isClosed) return;
    inFlight.response = response;
    const isHead = this.#inFlight[0] === inFlight;
    while (this.#inFlight[0]?.response !== undefined) this.#send(this.#inFlight.shift()!);
    if (!isHead) return;
    if (this.#inFlight.length === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    // A synchronous answer comes while the pump is running; it goes on by itself.
    if (this.#waiting.length > 0 || !this.#isReading) queueMicrotask(() => this.#pump());
  }

  #send(inFlight: InFlight): void {
    this.#inFlightBytes -= inFlight.bytes;
    this.lastActiveMs = this.#services.clock.monotonicMs();
    const metrics = this.#services.metrics.api(inFlight.apiKey);
    metrics.totalMs += this.lastActiveMs - inFlight.startedMs;
    for (const chunk of inFlight.response!) metrics.responseBytes += chunk.length;
    if (inFlight.response!.length > 0) this.#connection.write(inFlight.response!);
  }

  #contextOf(request: { readonly apiVersion: number; readonly clientId: string | null }): RequestContext {
    const session = this.#session;
    return {
      apiVersion: request.apiVersion,
      clientId: request.clientId ?? '',
      clientHost: session.host,
      principal: session.principal,
      listener: session.listener,
      ...session.authorization,
      onDisconnect: (callback) => {
        if (this.#isClosed) {
          callback();
          return () => undefined;
        }
        this.#disconnectCallbacks.add(callback);
        return () => this.#disconnectCallbacks.delete(callback);
      },
    };
  }

  #onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.length = 0;
    for (const callback of this.#disconnectCallbacks) callback();
    this.#disconnectCallbacks.clear();
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

/** What this codec speaks but nobody here answers is as good as unknown. */
function unserved({ apiKey, apiVersion, correlationId }: DecodedRequest): UnsupportedRequestError {
  return new UnsupportedRequestError('UNKNOWN_API', apiKey, apiVersion, correlationId);
}
