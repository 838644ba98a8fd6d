import { createHmac } from 'node:crypto';
import {
  ITERATIONS_MIN,
  SCRAM_KEY_BYTES,
  type ScramCredential,
  type ScramMechanism,
} from '../../security/scram-credential.js';
import type { ScramUsers } from '../../security/scram-server.js';
import type { ScramRecord } from './security-store.js';

const SALT_BYTES = 16;

/** The SCRAM credentials of all users, in memory. */
export class ScramCredentials implements ScramUsers {
  readonly #users = new Map<string, Map<ScramMechanism, ScramCredential>>();

  constructor(
    private readonly decoyKey: Buffer,
    records: readonly ScramRecord[] = [],
  ) {
    for (const { user, mechanism, salt, iterations, storedKey, serverKey } of records) {
      const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
      const credential = { salt: bytes(salt), iterations, storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
      this.set(user, mechanism, credential);
    }
  }

  get size(): number {
    return this.#users.size;
  }

  users(): readonly string[] {
    return [...this.#users.keys()].sort();
  }

  has(user: string): boolean {
    return this.#users.has(user);
  }

  credential(user: string, mechanism: ScramMechanism): ScramCredential | null {
    return this.#users.get(user)?.get(mechanism) ?? null;
  }

  of(user: string): ReadonlyMap<ScramMechanism, ScramCredential> {
    return this.#users.get(user) ?? new Map<ScramMechanism, ScramCredential>();
  }

  decoy(user: string, mechanism: ScramMechanism): ScramCredential {
    const derive = (what: string, bytes: number): Buffer =>
      createHmac('sha512', this.decoyKey).update(`${what} ${mechanism} ${user}`).digest().subarray(0, bytes);
    const keyBytes = SCRAM_KEY_BYTES[mechanism];
    return {
      salt: derive('salt', SALT_BYTES),
      iterations: ITERATIONS_MIN,
      storedKey: derive('stored', keyBytes),
      serverKey: derive('server', keyBytes),
    };
  }

  set(user: string, mechanism: ScramMechanism, credential: ScramCredential): void {
    let credentials = this.#users.get(user);
    if (!credentials) this.#users.set(user, (credentials = new Map<ScramMechanism, ScramCredential>()));
    credentials.set(mechanism, credential);
  }

  delete(user: string, mechanism: ScramMechanism): void {
    const credentials = this.#users.get(user);
    credentials?.delete(mechanism);
    if (credentials?.size === 0) this.#users.delete(user);
  }

  records(): ScramRecord[] {
    return [...this.#users].flatMap(([user, credentials]) =>
      [...credentials].map(([mechanism, { salt, iterations, storedKey, serverKey }]) => ({
        user,
        mechanism,
        salt: salt.toString('base64'),
        iterations,
        storedKey: storedKey.toString('base64'),
        serverKey: serverKey.toString('base64'),
      })),
    );
  }
}
