import type { AclAuthorizer } from '../security/acl-authorizer.js';
import { ANONYMOUS, type Principal } from '../security/principal.js';
import { authorizationOf, OPEN, type Authorization } from './authorization.js';

/** Who is at the other end of one connection. */
export class ClientSession {
  readonly listener: string;
  readonly host: string;
  readonly #authorizer: AclAuthorizer | null;
  #principal: Principal = ANONYMOUS;
  #authorization: Authorization = OPEN;

  constructor(options: {
    readonly listener: string;
    readonly host: string;
    readonly authorizer: AclAuthorizer | null;
  }) {
    this.listener = options.listener;
    this.host = options.host;
    this.#authorizer = options.authorizer;
    this.#become(ANONYMOUS);
  }

  get principal(): Principal {
    return this.#principal;
  }

  get authorization(): Authorization {
    return this.#authorization;
  }

  #become(principal: Principal): void {
    this.#principal = principal;
    this.#authorization = authorizationOf(this.#authorizer, principal, this.host);
  }
}
