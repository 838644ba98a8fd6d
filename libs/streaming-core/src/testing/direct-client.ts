import type { RequestContext, RequestTable } from '../broker/request-context.js';
import { NO_SASL } from '../broker/security/client-session.js';
import type { ApiKey, RequestInput, Response } from '../wire/apis/registry.js';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../wire/messages.js';
import type { AnyHandler } from './interceptor.js';

const CLIENT_ID = 'test-broker';

/** Asks the broker's handlers as a client would, without a socket: no fault strikes it and no log notes it. */
export class DirectClient {
  #table: RequestTable | null = null;
  readonly #onGone = new Set<() => void>();

  /** A broker has started: from now on its handlers answer. */
  connect(table: RequestTable): void {
    this.#table = table;
  }

  /** Lets go of what still waits for an answer. */
  disconnect(): void {
    for (const callback of this.#onGone) callback();
    this.#onGone.clear();
    this.#table = null;
  }

  serves(apiKey: ApiKey): boolean {
    return this.#table?.[apiKey] !== undefined;
  }

  /** @throws if the broker does not run or does not serve the API, and what the handler throws */
  async ask<K extends ApiKey>(apiKey: K, apiVersion: number, request: RequestInput<K>): Promise<Response<K>> {
    const handler = this.#table?.[apiKey] as unknown as AnyHandler | undefined;
    if (handler === undefined)
      throw new Error(this.#table ? `API ${apiKey} is not served` : 'the broker is not running');
    // Through the codec, so that what the handler gets and what comes back have every field.
    const frame = Buffer.concat(encodeRequest(apiKey, apiVersion, { correlationId: 0, clientId: CLIENT_ID }, request));
    const { body } = decodeRequest(frame.subarray(4));
    const answer = await handler(body, this.#context(apiVersion));
    const encoded = Buffer.concat(encodeResponse(apiKey, apiVersion, 0, answer as never));
    return decodeResponse(apiKey, apiVersion, encoded.subarray(4)).body;
  }

  #context(apiVersion: number): RequestContext {
    return {
      apiVersion,
      clientId: CLIENT_ID,
      clientHost: '127.0.0.1',
      principal: 'User:test-broker',
      listener: 'test-broker',
      authorize: () => true,
      authorizeAny: () => true,
      authorizedOperations: () => 0,
      session: NO_SASL,
      onDisconnect: (callback) => {
        this.#onGone.add(callback);
        return () => this.#onGone.delete(callback);
      },
    };
  }
}
