import { readFileSync } from 'node:fs';
import type * as Jose from 'jose';
import { BrokerConfigError, type BrokerConfig } from '../config.js';

/** Signatures whose key can be published: a shared secret (HS256) or no signature at all (none) proves nothing here. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const FETCH_TIMEOUT_MS = 5_000;
const COOLDOWN_MS = 10_000;

/** A token that is not good. `message` is for the log and has nothing of the token in it. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

export interface TokenOwner {
  readonly user: string;
  readonly expiresAtMs: number;
}

/** Whose a token is, and until when: signature, times, issuer and audience (KIP-768; the work is done by `jose`). */
export class TokenCheck {
  /** Loaded for listeners that take tokens alone: it is many files, and a broker's start should not wait for them. */
  readonly #jose = import('jose');
  readonly #keys: Promise<Jose.JWTVerifyGetKey> | null;
  readonly #takesUnsecured: boolean;
  readonly #userClaim: string;
  readonly #checks: { issuer?: string; audience?: string[]; clockTolerance: number };

  /** @throws {BrokerConfigError} */
  constructor(
    config: BrokerConfig,
    listener: string,
    private readonly nowMs: () => number,
  ) {
    const text = (name: Parameters<BrokerConfig['text']>[0]): string => config.listenerText(listener, name);
    const issuer = text('sasl.oauthbearer.expected.issuer');
    const audience = text('sasl.oauthbearer.expected.audience')
      .split(',')
      .flatMap((name) => name.trim() || []);
    this.#userClaim = text('sasl.oauthbearer.sub.claim.name');
    this.#takesUnsecured = text('sasl.oauthbearer.unsecured.tokens') === 'true';
    this.#checks = {
      ...(issuer === '' ? {} : { issuer }),
      ...(audience.length === 0 ? {} : { audience }),
      clockTolerance: Number(text('sasl.oauthbearer.clock.skew.seconds')),
    };
    this.#keys = keysAt(
      this.#jose,
      text('sasl.oauthbearer.jwks.endpoint.url'),
      Number(text('sasl.oauthbearer.jwks.endpoint.refresh.ms')),
    );
    if (this.#keys === null && !this.#takesUnsecured) {
      const setting = 'sasl.oauthbearer.jwks.endpoint.url';
      throw new BrokerConfigError(`${setting}: OAUTHBEARER on listener ${listener} needs the keys that sign tokens`);
    }
  }

  /** @throws {TokenError} */
  async owner(token: string): Promise<TokenOwner> {
    const payload = await this.#verified(token);
    const user = payload[this.#userClaim];
    if (typeof user !== 'string' || user === '') throw new TokenError(`the token has no claim ${this.#userClaim}`);
    return { user, expiresAtMs: payload.exp! * 1_000 };
  }

  async #verified(token: string): Promise<Jose.JWTPayload> {
    const checks = { ...this.#checks, currentDate: new Date(this.nowMs()), requiredClaims: ['exp'] };
    try {
      const { decodeProtectedHeader, jwtVerify, UnsecuredJWT } = await this.#jose;
      if (this.#takesUnsecured && decodeProtectedHeader(token).alg === 'none') {
        const { payload } = UnsecuredJWT.decode(token, checks);
        if (payload.exp === undefined) throw new TokenError('the token does not say when it ends');
        return payload;
      }
      if (this.#keys === null) throw new TokenError('only tokens without a signature are taken here');
      return (await jwtVerify(token, await this.#keys, { ...checks, algorithms: ALGORITHMS })).payload;
    } catch (error) {
      throw error instanceof TokenError ? error : new TokenError((error as Error).message, { cause: error });
    }
  }
}

function keysAt(jose: Promise<typeof Jose>, url: string, refreshMs: number): Promise<Jose.JWTVerifyGetKey> | null {
  if (url === '') return null;
  const setting = 'sasl.oauthbearer.jwks.endpoint.url';
  const problem = (error: unknown): BrokerConfigError =>
    new BrokerConfigError(`${setting}: ${(error as Error).message}`);
  let parsed: URL;
  try {
    parsed = new URL(url);
    if (parsed.protocol === 'file:') {
      const keySet = JSON.parse(readFileSync(parsed, 'utf8')) as Jose.JSONWebKeySet;
      if (!Array.isArray(keySet.keys)) throw new TypeError('the file has no list named keys');
      return jose.then(({ createLocalJWKSet }) => createLocalJWKSet(keySet));
    }
  } catch (error) {
    throw problem(error);
  }
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw new BrokerConfigError(`${setting}: must be an https:, http: or file: URL`);
  }
  const options = { cacheMaxAge: refreshMs, cooldownDuration: COOLDOWN_MS, timeoutDuration: FETCH_TIMEOUT_MS };
  return jose.then(({ createRemoteJWKSet }) => createRemoteJWKSet(parsed, options));
}
