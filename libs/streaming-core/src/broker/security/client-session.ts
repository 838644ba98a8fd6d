import type { Clock } from '../../ports/clock.js';
import type { TlsSide } from '../../ports/network.js';
import type { AclAuthorizer } from '../../security/acl-authorizer.js';
import { ANONYMOUS, userPrincipal, type Principal } from '../../security/principal.js';
import { isSaslMechanism, NO_BYTES, type SaslExchange, type SaslMechanism } from '../../security/sasl.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';
import type { Logger } from '../logger.js';
import { authorizationOf, OPEN, type Authorization } from './authorization.js';
import { usesSasl, type ListenerConfig } from './listener-config.js';
import type { BeginExchange } from './sasl-exchanges.js';

const SASL_HANDSHAKE = 17;
const API_VERSIONS = 18;
const SASL_AUTHENTICATE = 36;
/** What may be asked without having authenticated. */
const OPEN_APIS: ReadonlySet<number> = new Set([SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE]);
/** Sooner than this nobody authenticates again (KIP-368). */
const REAUTHENTICATION_MS_MIN = 1_000;

/** What the connections of one listener share. */
export interface SessionWorld {
  readonly listener: ListenerConfig;
  readonly beginExchange: BeginExchange;
  readonly authorizer: AclAuthorizer | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failureDelayMs: number;
}

export interface AuthenticateAnswer {
  readonly error: KafkaErrorName;
  readonly message: string | null;
  readonly bytes: Buffer;
  /** 0: without end. */
  readonly lifetimeMs: number;
}

/** Of whoever speaks to handlers without a connection: there is nobody to authenticate. */
export const NO_SASL: Pick<ClientSession, 'handshake' | 'authenticate' | 'mechanisms'> = {
  handshake: () => 'ILLEGAL_SASL_STATE',
  authenticate: () => Promise.resolve(answer('ILLEGAL_SASL_STATE', {})),
  mechanisms: [],
};

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'handshake' }
  | {
      readonly kind: 'exchange';
      readonly mechanism: SaslMechanism;
      readonly exchange: SaslExchange;
      /** Tokens come without a request around them (SaslHandshake version 0). */
      readonly isBare: boolean;
    }
  | { readonly kind: 'over' };

/**
 * Who is at the other end of one connection, and whether that is proved: `handshake -> exchange -> open`, and back to
 * `exchange` for who authenticates again; `over` once it has failed. TLS without SASL is open from the start.
 */
export class ClientSession {
  readonly listener: string;
  #state: State;
  #principal: Principal = ANONYMOUS;
  #authorization: Authorization = OPEN;
  /** By which the client has authenticated. */
  #mechanism: SaslMechanism | null = null;
  #isSecure: boolean;
  /** Monotonic times of the last authentication, and of the end of what it is good for. */
  #authenticatedMs = 0;
  #expiresMs = Infinity;

  constructor(
    private readonly world: SessionWorld,
    readonly host: string,
    private readonly peer: string,
    private readonly tls: TlsSide | null,
  ) {
    this.listener = world.listener.name;
    this.#state = usesSasl(world.listener) ? { kind: 'handshake' } : { kind: 'open' };
    this.#isSecure = tls === null;
    this.#become(ANONYMOUS);
    tls?.onSecure(() => {
      this.#isSecure = true;
      if (!usesSasl(world.listener)) this.#become(this.#certified());
    });
  }

  /** On offer, for a client that asks for another. */
  get mechanisms(): readonly SaslMechanism[] {
    return this.world.listener.mechanisms;
  }

  get principal(): Principal {
    return this.#principal;
  }

  get authorization(): Authorization {
    return this.#authorization;
  }

  /** False until the client has proved who it is, as far as the listener asks for that. */
  get isAuthenticated(): boolean {
    return this.#isSecure && (this.#mechanism !== null || this.#state.kind === 'open');
  }

  /** Authentication has failed: the connection ends once the answer is sent. */
  get isOver(): boolean {
    return this.#state.kind === 'over';
  }

  get expectsBareToken(): boolean {
    return this.#state.kind === 'exchange' && this.#state.isBare;
  }

  /** Why a request must not be answered, or null. */
  refusal(apiKey: number): string | null {
    if (OPEN_APIS.has(apiKey)) return null;
    if (this.#state.kind !== 'open') return `API key ${apiKey} before authentication is over`;
    if (this.world.clock.monotonicMs() > this.#expiresMs) return 'the session has ended: nobody authenticated again';
    return null;
  }

  /** Chooses a mechanism. */
  handshake(mechanism: string, version: number): KafkaErrorName {
    const { listener, beginExchange } = this.world;
    const isFirst = this.#state.kind === 'handshake';
    if (!isFirst && !this.#mayReauthenticate()) return 'ILLEGAL_SASL_STATE';
    const isOffered = isSaslMechanism(mechanism) && listener.mechanisms.includes(mechanism);
    if (!isOffered || (!isFirst && mechanism !== this.#mechanism)) {
      this.#end(mechanism, `the mechanism is not on offer`);
      return 'UNSUPPORTED_SASL_MECHANISM';
    }
    this.#state = { kind: 'exchange', mechanism, exchange: beginExchange(mechanism), isBare: version === 0 };
    return 'NONE';
  }

  /** One step of the exchange. A failure is answered after a while, so that guessing takes time. */
  async authenticate(token: Buffer): Promise<AuthenticateAnswer> {
    const state = this.#state;
    if (state.kind !== 'exchange') {
      const message = 'SaslAuthenticate request received without a SaslHandshake before it, or after authentication';
      return answer('ILLEGAL_SASL_STATE', { message });
    }
    const step = await state.exchange.step(token);
    if (step.kind === 'challenge') return answer('NONE', { bytes: step.bytes });
    const failure = step.kind === 'failed' ? step : this.#changeOfUser(step.user);
    if (step.kind === 'failed' || failure !== null) {
      this.#end(state.mechanism, failure!.detail);
      await new Promise<void>((resolve) => this.world.clock.schedule(this.world.failureDelayMs, resolve));
      return answer('SASL_AUTHENTICATION_FAILED', { message: failure!.message });
    }
    const lifetimeMs = this.#lifetimeMs(step.expiresAtMs);
    this.#state = { kind: 'open' };
    this.#mechanism = state.mechanism;
    this.#authenticatedMs = this.world.clock.monotonicMs();
    this.#expiresMs = lifetimeMs === 0 ? Infinity : this.#authenticatedMs + lifetimeMs;
    this.#become(userPrincipal(step.user));
    return answer('NONE', { bytes: step.bytes, lifetimeMs });
  }

  #mayReauthenticate(): boolean {
    if (this.#state.kind !== 'open' || this.#expiresMs === Infinity) return false;
    return this.world.clock.monotonicMs() - this.#authenticatedMs >= REAUTHENTICATION_MS_MIN;
  }

  /** A connection belongs to one user for good. */
  #changeOfUser(user: string): { message: string; detail: string } | null {
    const next = userPrincipal(user);
    if (this.#mechanism === null || next === this.#principal) return null;
    const message = `Cannot change principals during re-authentication from ${this.#principal}: ${next}`;
    return { message, detail: message };
  }

  #lifetimeMs(expiresAtMs: number | null): number {
    const { maxReauthMs } = this.world.listener;
    // What has just run out within the tolerated difference of clocks still has a moment.
    const leftMs = expiresAtMs === null ? Infinity : Math.max(1, expiresAtMs - this.world.clock.nowMs());
    const lifetimeMs = Math.min(leftMs, maxReauthMs === 0 ? Infinity : maxReauthMs);
    return lifetimeMs === Infinity ? 0 : lifetimeMs;
  }

  #certified(): Principal {
    const subject = this.tls?.subject ?? null;
    if (subject === null) return ANONYMOUS;
    const name = this.world.listener.principals.name(subject);
    if (name !== null) return userPrincipal(name);
    this.world.logger.warn({ peer: this.peer, subject }, 'no rule of ssl.principal.mapping.rules fits a certificate');
    return ANONYMOUS;
  }

  #become(principal: Principal): void {
    this.#principal = principal;
    this.#authorization = authorizationOf(this.world.authorizer, principal, this.host);
  }

  #end(mechanism: string, detail: string): void {
    this.#state = { kind: 'over' };
    const { listener, peer } = this;
    const reason = 'AUTHENTICATION_FAILED';
    this.world.logger.warn({ peer, listener, mechanism, reason, detail }, 'authentication failed');
  }
}

function answer(error: KafkaErrorName, rest: Partial<Omit<AuthenticateAnswer, 'error'>>): AuthenticateAnswer {
  return { error, message: null, bytes: NO_BYTES, lifetimeMs: 0, ...rest };
}
