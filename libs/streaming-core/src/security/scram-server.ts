import { timingSafeEqual } from 'node:crypto';
import { failed, type SaslExchange, type SaslStep } from './sasl.js';
import { hash, hmac, type ScramCredential, type ScramMechanism } from './scram-credential.js';

/** Longer messages are nobody's name and nonce. */
const MESSAGE_BYTES_MAX = 8_192;
/** gs2-header, then client-first-message-bare (RFC 5802, section 7), with Kafka's extensions of longer names. */
const CLIENT_FIRST =
  /^(?<gs2>(?<binding>[ny]|p=[A-Za-z0-9.-]+),(?:a=(?<authzid>[^,]+))?,)(?<bare>n=(?<user>[^,]+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?<extensions>(?:,[A-Za-z]+=[^,]+)*))$/;
const CLIENT_FINAL =
  /^(?<unproved>c=(?<gs2>[A-Za-z0-9+/=]+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]+=[^,]+)*),p=(?<proof>[A-Za-z0-9+/=]+)$/;

export interface ScramUsers {
  credential(user: string, mechanism: ScramMechanism): ScramCredential | null;
  /** Something that looks like a credential and that no password fits, always the same for a name: hides who exists. */
  decoy(user: string, mechanism: ScramMechanism): ScramCredential;
}

interface FirstMessages {
  readonly user: string;
  readonly credential: ScramCredential;
  readonly isKnown: boolean;
  readonly gs2: string;
  readonly clientNonce: string;
  readonly clientFirstBare: string;
  readonly nonce: string;
  readonly serverFirst: string;
}

/**
 * The server's side of SCRAM (RFC 5802, RFC 7677). Channel binding is not on offer.
 *
 * librdkafka before 2.6.1 sends its own nonce once more before the one that it was given. That is let pass: the server's nonce,
 * which keeps old messages from being used again, is in it whole, and the proof is computed over what was sent.
 */
export class ScramServer implements SaslExchange {
  #first: FirstMessages | null = null;

  constructor(
    private readonly mechanism: ScramMechanism,
    private readonly users: ScramUsers,
    /** Printable characters without commas; new for each exchange and not to be guessed. */
    private readonly serverNonce: string,
  ) {}

  step(message: Buffer): SaslStep {
    if (message.length > MESSAGE_BYTES_MAX) return this.#failed('the message is too long');
    const text = message.toString('utf8');
    return this.#first === null ? this.#onFirst(text) : this.#onFinal(text, this.#first);
  }

  #onFirst(text: string): SaslStep {
    const { gs2, binding, authzid, bare, user: escaped, nonce, extensions } = CLIENT_FIRST.exec(text)?.groups ?? {};
    if (gs2 === undefined) return this.#failed('not a client-first-message');
    if (binding!.startsWith('p')) return this.#failed('channel binding is not on offer');
    const user = unescapeName(escaped!);
    if (user === null) return this.#failed('a name with a bare "="');
    if (authzid !== undefined && unescapeName(authzid) !== user) {
      return this.#failed('the authorization id is not the user');
    }
    if (extensions!.split(',').includes('tokenauth=true')) return this.#failed('delegation tokens are not on offer');
    const known = this.users.credential(user, this.mechanism);
    const credential = known ?? this.users.decoy(user, this.mechanism);
    const combined = nonce! + this.serverNonce;
    const serverFirst = `r=${combined},s=${credential.salt.toString('base64')},i=${credential.iterations}`;
    this.#first = {
      user,
      credential,
      isKnown: known !== null,
      gs2,
      clientNonce: nonce!,
      clientFirstBare: bare!,
      nonce: combined,
      serverFirst,
    };
    return { kind: 'challenge', bytes: Buffer.from(serverFirst) };
  }

  #onFinal(text: string, first: FirstMessages): SaslStep {
    const { unproved, gs2, nonce, proof } = CLIENT_FINAL.exec(text)?.groups ?? {};
    if (unproved === undefined) return this.#failed('not a client-final-message');
    if (gs2 !== Buffer.from(first.gs2).toString('base64')) return this.#failed('the channel binding has changed');
    if (nonce !== first.nonce && nonce !== first.clientNonce + first.nonce) {
      return this.#failed('the nonce is not the one that was given');
    }
    const authMessage = `${first.clientFirstBare},${first.serverFirst},${unproved}`;
    const isProved = this.#isProved(first.credential, authMessage, Buffer.from(proof!, 'base64'));
    if (!first.isKnown) return this.#failed(`no user ${JSON.stringify(first.user)} for this mechanism`);
    if (!isProved) return this.#failed(`wrong password for user ${JSON.stringify(first.user)}`);
    const verifier = hmac(this.mechanism, first.credential.serverKey, authMessage).toString('base64');
    return { kind: 'authenticated', bytes: Buffer.from(`v=${verifier}`), user: first.user, expiresAtMs: null };
  }

  #isProved({ storedKey }: ScramCredential, authMessage: string, proof: Buffer): boolean {
    const signature = hmac(this.mechanism, storedKey, authMessage);
    if (proof.length !== signature.length) return false;
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ signature[index]!));
    return timingSafeEqual(hash(this.mechanism, clientKey), storedKey);
  }

  #failed(detail: string): SaslStep {
    return failed(this.mechanism, detail);
  }
}

/** `=2C` is a comma and `=3D` an equals sign; null if one stands bare. */
function unescapeName(escaped: string): string | null {
  if (/=(?!2C|3D)/.test(escaped)) return null;
  return escaped.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
