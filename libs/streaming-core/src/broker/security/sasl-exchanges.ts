import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import { failed, NO_BYTES, type SaslExchange, type SaslMechanism, type SaslStep } from '../../security/sasl.js';
import { OAUTHBEARER_REFUSED, parseOauthBearerMessage } from '../../security/sasl-oauthbearer.js';
import { parseJaasUsers, parsePlainMessage } from '../../security/sasl-plain.js';
import { ScramServer } from '../../security/scram-server.js';
import type { BrokerConfig } from '../config.js';
import type { ListenerConfig } from './listener-config.js';
import { PasswordCheck, type Turn } from './password-check.js';
import type { ScramCredentials } from './scram-credentials.js';
import { TokenCheck, TokenError } from './token-check.js';

const NONCE_BYTES = 24;

/** Begins an exchange on one listener. */
export type BeginExchange = (mechanism: SaslMechanism) => SaslExchange;

export interface SaslWorld {
  readonly config: BrokerConfig;
  readonly scram: ScramCredentials;
  readonly clock: Clock;
  readonly random: Random;
}

/** What each mechanism of a listener does. @throws {BrokerConfigError} */
export function saslExchangesOf({ name, mechanisms }: ListenerConfig, world: SaslWorld, turn: Turn): BeginExchange {
  const { config, scram, clock, random } = world;
  const jaas = config.listenerText(name, 'sasl.jaas.config', 'plain');
  const passwords = new PasswordCheck(parseJaasUsers(jaas), scram, random, turn);
  const tokens = mechanisms.includes('OAUTHBEARER') ? new TokenCheck(config, name, () => clock.nowMs()) : null;
  return (mechanism) => {
    switch (mechanism) {
      case 'PLAIN':
        return new PlainExchange(passwords);
      case 'OAUTHBEARER':
        return new OauthBearerExchange(tokens!);
      default:
        return new ScramServer(mechanism, scram, random.bytes(NONCE_BYTES).toString('base64url'));
    }
  };
}

class PlainExchange implements SaslExchange {
  constructor(private readonly passwords: PasswordCheck) {}

  async step(bytes: Buffer): Promise<SaslStep> {
    const message = parsePlainMessage(bytes);
    if (message === null) return failed('PLAIN', 'not a message of PLAIN');
    const { authorizationId, user, password } = message;
    if (authorizationId !== '' && authorizationId !== user) {
      return failed('PLAIN', 'the authorization id is not the user');
    }
    const isRight = await this.passwords.isRight(user, password);
    if (!isRight) return failed('PLAIN', `no such user, or a wrong password: ${JSON.stringify(user)}`);
    return { kind: 'authenticated', bytes: NO_BYTES, user, expiresAtMs: null };
  }
}

class OauthBearerExchange implements SaslExchange {
  #refusal: string | null = null;

  constructor(private readonly tokens: TokenCheck) {}

  async step(bytes: Buffer): Promise<SaslStep> {
    if (this.#refusal !== null) return failed('OAUTHBEARER', this.#refusal);
    const message = parseOauthBearerMessage(bytes);
    if (message === null) return failed('OAUTHBEARER', 'not a message of OAUTHBEARER');
    try {
      const { user, expiresAtMs } = await this.tokens.owner(message.token);
      const { authorizationId } = message;
      if (authorizationId !== '' && authorizationId !== user) {
        return failed('OAUTHBEARER', 'the authorization id is not the user');
      }
      return { kind: 'authenticated', bytes: NO_BYTES, user, expiresAtMs };
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      this.#refusal = error.message;
      return { kind: 'challenge', bytes: OAUTHBEARER_REFUSED };
    }
  }
}
