import type { Operation, Resource, ResourceType } from '../security/acl.js';
import type { ClientSession } from './security/client-session.js';
import type { ApiKey, Apis } from '../wire/apis/registry.js';
import type { RequestOf, ResponseInputOf } from '../wire/api.js';

/** Who asks, and whether they still listen. */
export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string;
  /** Address of the client, without its port. */
  readonly clientHost: string;
  /** `User:alice`; `User:ANONYMOUS` without authentication. */
  readonly principal: string;
  /** The listener that they came in by: `cluster.self(listener)` is where they reach this broker. */
  readonly listener: string;
  /** Whether they may do it: always, unless `authorizer.class.name` is set. A refusal is answered with the error of the resource. */
  authorize(operation: Operation, resource: Resource): boolean;
  /** Whether there is any resource of the type on which they may do it. */
  authorizeAny(operation: Operation, type: ResourceType): boolean;
  /** What they may do with a resource, as bits (KIP-430), for the fields named authorizedOperations. */
  authorizedOperations(resource: Resource): number;
  /** For the handlers that authenticate. */
  readonly session: Pick<ClientSession, 'handshake' | 'authenticate' | 'mechanisms'>;
  /** Reads nothing from this client for so long: it is over its quota. Absent where there is no connection. */
  mute?: (forMs: number) => void;
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

/** The APIs that a broker serves. It advertises exactly these and refuses the rest like unknown ones. */
export type RequestTable = { readonly [K in ApiKey]?: Handler<K> };
