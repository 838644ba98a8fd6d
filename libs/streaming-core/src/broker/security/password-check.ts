import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../ports/random.js';
import { credentialOf, saltPasswordAsync, type ScramMechanism } from '../../security/scram-credential.js';
import type { ScramCredentials } from './scram-credentials.js';

const KEY_BYTES = 32;
const STRONGEST_FIRST: readonly ScramMechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256'];

/**
 * Whether a password sent in the clear is a user's: that of a JAAS configuration, or the one that the SCRAM credentials are of.
 * A wrong one takes as long for a user who does not exist as for one who does.
 */
export class PasswordCheck {
  /** Passwords of the configuration under a key of this process: nobody finds them in its memory in the clear. */
  readonly #key: Buffer;
  readonly #configured: ReadonlyMap<string, Buffer>;
  readonly #turn: Turn;

  constructor(
    configured: ReadonlyMap<string, string>,
    private readonly scram: ScramCredentials,
    random: Random,
    turn: Turn,
  ) {
    this.#key = random.bytes(KEY_BYTES);
    this.#configured = new Map([...configured].map(([user, password]) => [user, this.#digest(password)]));
    this.#turn = turn;
  }

  async isRight(user: string, password: string): Promise<boolean> {
    const configured = this.#configured.get(user);
    if (configured && timingSafeEqual(configured, this.#digest(password))) return true;
    // A wrong password of a configured user too takes as long as any other.
    const mechanism = STRONGEST_FIRST.find((each) => this.scram.credential(user, each) !== null);
    const checked = mechanism ?? 'SCRAM-SHA-512';
    const expected = this.scram.credential(user, checked) ?? this.scram.decoy(user, checked);
    const { salt, iterations } = expected;
    const salted = await this.#turn.take(() => saltPasswordAsync(checked, password, salt, iterations));
    const { storedKey } = credentialOf(checked, salt, iterations, salted);
    return timingSafeEqual(storedKey, expected.storedKey) && mechanism !== undefined;
  }

  #digest(password: string): Buffer {
    return createHmac('sha256', this.#key).update(password).digest();
  }
}

/** One costly thing after the other: guessing clients must not take the threads that write to the disk. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** As many wait as there are connections that authenticate: each waits for its own answer. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
