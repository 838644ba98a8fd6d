import type { ApiKey, Apis } from '../wire/apis/registry.js';
import type { RequestOf, ResponseInputOf } from '../wire/api.js';

/** Who asks, and whether they still listen. */
export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string;
  /** Address of the client, without its port. */
  readonly clientHost: string;
  /** Calls back if the connection closes before the returned function is called; at once if it is closed. */
  onDisconnect: (callback: () => void) => () => void;
}

/** Null is no response at all (acks=0). */
export type HandlerResult<K extends ApiKey> = ResponseInputOf<Apis[K]> | null;

/** Answers one API. Throwing closes the connection: errors that the protocol can name belong into the response. */
export type Handler<K extends ApiKey> = (
  request: RequestOf<Apis[K]>,
  context: RequestContext,
) => HandlerResult<K> | Promise<HandlerResult<K>>;

export type RequestTable = { readonly [K in ApiKey]: Handler<K> };
