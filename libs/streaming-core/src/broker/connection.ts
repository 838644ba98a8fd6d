import type { Clock, Timer } from '../ports/clock.js';
import type { ReadBuffers } from '../log/read-buffers.js';
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
import type { ClientSession } from './security/client-session.js';
import type { Logger } from './logger.js';
import type { BrokerMetrics } from './metrics.js';
import { Mute } from './quotas/mute.js';
import type { HandlerResult, RequestContext, RequestTable } from './request-context.js';

const PRODUCE_KEY = 0;
const FETCH_KEY = 1;
const API_VERSIONS_KEY = 18;
const SASL_AUTHENTICATE_KEY = 36;
/** Unsent bytes at which a connection's next request waits until its client has read. */
const UNSENT_BYTES_MAX = 1 << 20;
/** Bytes of produce requests under way at which the next one waits. */
const IN_FLIGHT_BYTES_MAX = 32 << 20;

export interface ConnectionServices {
  readonly table: RequestTable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: BrokerMetrics;
  /** Where the memory of fetched records goes once they are sent. */
  readonly readBuffers: ReadBuffers;
  readonly maxRequestBytes: number;
  readonly maxInFlight: number;
  /** Largest request of a client that has not authenticated. */
  readonly maxRequestBytesBefore: number;
  /** Time that a client has for TLS and SASL. */
  readonly authenticationTimeoutMs: number;
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
  readonly #mute: Mute;
  #inFlightBytes = 0;
  #authenticationTimer: Timer | null = null;
  #isReading = true;
  #isDraining = false;
  #isClosed = false;

  constructor(connection: Connection, services: ConnectionServices, session: ClientSession) {
    this.#connection = connection;
    this.#session = session;
    this.#services = services;
    this.peer = connection.peer;
    this.lastActiveMs = services.clock.monotonicMs();
    this.#mute = new Mute(services.clock, () => this.#pump());
    this.#frames = new FrameSplitter({
      get frameBytesMax() {
        return session.isAuthenticated ? services.maxRequestBytes : services.maxRequestBytesBefore;
      },
      get frameBytesMin() {
        return session.expectsBareToken ? 0 : REQUEST_BYTES_MIN;
      },
    });
    if (!session.isAuthenticated) this.#awaitAuthentication();
    connection.onData((chunk) => this.#onData(chunk));
    connection.onDrain(() => this.#pump());
    connection.onClose((error) => {
      if (error && !session.isAuthenticated) this.refuse('NOT_AUTHENTICATED', error);
      this.#onClosed();
    });
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
    if (this.#connection.bufferedBytes > UNSENT_BYTES_MAX || this.#mute.isOn) return false;
    if (this.#inFlight.length === 0) return true;
    const isProduce = frame.length >= 2 && frame.readInt16BE(0) === PRODUCE_KEY;
    return (
      isProduce &&
      this.#inFlight.length < this.#services.maxInFlight &&
      this.#inFlightBytes + frame.length <= IN_FLIGHT_BYTES_MAX &&
      this.#inFlight.every((request) => request.apiKey === PRODUCE_KEY)
    );
  }

  /** Starts no request for so long: the client is over its quota. */
  mute(forMs: number): void {
    if (!this.#isClosed) this.#mute.extend(forMs);
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
    if (this.#session.expectsBareToken) {
      void this.#authenticateBare(frame);
      return;
    }
    // Nothing more of a stranger's request is looked at.
    const refusal = this.#session.refusal(frame.readInt16BE(0));
    if (refusal !== null) {
      this.refuse('NOT_AUTHENTICATED', refusal);
      return;
    }
    let request: DecodedRequest;
    try {
      request = decodeRequest(frame);
      if (!(request.apiKey in this.#services.table)) throw unserved(request);
    } catch (error) {
      this.#onUndecodable(frame, error);
      return;
    }
    const inFlight = this.#enter(request.apiKey, frame);
    const metrics = this.#services.metrics.api(request.apiKey);
    metrics.requests += 1;
    metrics.requestBytes += frame.length;
    this.#handle(request, inFlight);
  }

  #enter(apiKey: number, frame: Buffer): InFlight {
    const inFlight: InFlight = { apiKey, bytes: frame.length, startedMs: this.lastActiveMs, response: undefined };
    this.#inFlight.push(inFlight);
    this.#inFlightBytes += frame.length;
    return inFlight;
  }

  /** A frame that is a SASL token and nothing else; who fails hears nothing, as in Kafka. */
  async #authenticateBare(token: Buffer): Promise<void> {
    const inFlight = this.#enter(SASL_AUTHENTICATE_KEY, token);
    try {
      const { bytes } = await this.#session.authenticate(token);
      const size = Buffer.alloc(4);
      size.writeInt32BE(bytes.length);
      this.#finish(inFlight, this.#session.isOver ? [] : [size, bytes]);
    } catch (error) {
      this.#onFailed(SASL_AUTHENTICATE_KEY, error);
    }
  }

  #awaitAuthentication(): void {
    const { clock, authenticationTimeoutMs } = this.#services;
    this.#authenticationTimer = clock.schedule(authenticationTimeoutMs, () => {
      if (this.#session.isAuthenticated) return;
      this.refuse('AUTHENTICATION_TIMEOUT', `not authenticated within ${authenticationTimeoutMs} ms`);
    });
  }

  #onUndecodable(frame: Buffer, error: unknown): void {
    const isOldApiVersions = error instanceof UnsupportedRequestError && error.apiKey === API_VERSIONS_KEY;
    if (isOldApiVersions) {
      this.#finish(this.#enter(API_VERSIONS_KEY, frame), encodeUnsupportedApiVersions(error.correlationId));
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
    if (inFlight.apiKey === FETCH_KEY) this.#sendLent(inFlight.response!);
    else if (inFlight.response!.length > 0) this.#connection.write(inFlight.response!);
    if (this.#session.isOver) this.#endUnauthenticated();
  }

  /** Sends the last answer and reads nothing more. Who does not close either is closed when the time is over. */
  #endUnauthenticated(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#waiting.length = 0;
    this.#setReading(false);
    this.#services.metrics.refused('AUTHENTICATION_FAILED');
    this.#connection.end();
  }

  #sendLent(response: readonly Buffer[]): void {
    const { readBuffers } = this.#services;
    this.#connection.write(response, () => {
      for (const chunk of response) readBuffers.give(chunk);
    });
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
      session,
      mute: (forMs) => this.mute(forMs),
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
    this.#authenticationTimer?.cancel();
    this.#mute.cancel();
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
