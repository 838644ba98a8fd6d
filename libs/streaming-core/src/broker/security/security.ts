import type { Random } from '../../ports/random.js';
import type { AclBinding } from '../../security/acl.js';
import { AclAuthorizer } from '../../security/acl-authorizer.js';
import { parseSuperUsers } from '../../security/principal.js';
import {
  credentialOf,
  ITERATIONS_MIN,
  saltPassword,
  type ScramCredential,
  type ScramMechanism,
} from '../../security/scram-credential.js';
import { BrokerConfigError, type BrokerConfig } from '../config.js';
import { ScramCredentials } from './scram-credentials.js';
import type { SecurityStore } from './security-store.js';

const DECOY_KEY_BYTES = 32;
const SALT_BYTES = 16;

/** A change of a user's credential for one mechanism; null removes it. */
export interface ScramChange {
  readonly user: string;
  readonly mechanism: ScramMechanism;
  readonly credential: ScramCredential | null;
}

/** The cluster's rules and credentials. Every change is durable before it counts. */
export class Security {
  /** Null while `authorizer.class.name` is not set: everybody may do everything. */
  readonly authorizer: AclAuthorizer | null;
  readonly scram: ScramCredentials;
  readonly #store: SecurityStore;
  readonly #decoyKey: Buffer;
  readonly #random: Random;
  /** Rules that were made while the authorizer was on, kept while it is off. */
  readonly #rulesAtRest: readonly AclBinding[];

  /** @throws {BrokerConfigError} for settings, and the store's error for a file that cannot be read */
  constructor(config: BrokerConfig, store: SecurityStore, random: Random) {
    this.#store = store;
    this.#random = random;
    const stored = store.load();
    this.#decoyKey = stored ? Buffer.from(stored.decoyKey, 'base64') : random.bytes(DECOY_KEY_BYTES);
    this.scram = new ScramCredentials(this.#decoyKey, stored?.scram);
    this.#rulesAtRest = stored?.acls ?? [];
    this.authorizer = config.text('authorizer.class.name') === '' ? null : newAuthorizer(config);
    for (const acl of this.#rulesAtRest) this.authorizer?.add(acl);
  }

  /** All or nothing. */
  alterScram(changes: readonly ScramChange[]): void {
    const changed = new ScramCredentials(this.#decoyKey, this.scram.records());
    const apply = (to: ScramCredentials): void => {
      for (const { user, mechanism, credential } of changes) {
        if (credential === null) to.delete(user, mechanism);
        else to.set(user, mechanism, credential);
      }
    };
    apply(changed);
    this.#save(changed, this.authorizer?.all() ?? this.#rulesAtRest);
    apply(this.scram);
  }

  /** Gives a user a password, for every SCRAM mechanism and PLAIN; takes some milliseconds. */
  setPassword(user: string, password: string): void {
    const salt = this.#random.bytes(SALT_BYTES);
    const credentialFor = (mechanism: ScramMechanism): ScramCredential => {
      const salted = saltPassword(mechanism, password, salt, ITERATIONS_MIN);
      return credentialOf(mechanism, salt, ITERATIONS_MIN, salted);
    };
    const mechanisms: readonly ScramMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
    this.alterScram(mechanisms.map((mechanism) => ({ user, mechanism, credential: credentialFor(mechanism) })));
  }

  /** Rules that are there already change nothing. All or nothing. */
  addAcls(acls: readonly AclBinding[]): void {
    const { authorizer } = this;
    if (authorizer === null) throw new Error('there is no authorizer');
    const added = acls.filter((acl) => !authorizer.has(acl));
    if (added.length === 0) return;
    this.#save(this.scram, [...authorizer.all(), ...added]);
    for (const acl of added) authorizer.add(acl);
  }

  /** All or nothing. */
  removeAcls(acls: readonly AclBinding[]): void {
    const { authorizer } = this;
    if (authorizer === null) throw new Error('there is no authorizer');
    const removed = new Set(acls);
    if (removed.size === 0) return;
    this.#save(
      this.scram,
      authorizer.all().filter((acl) => !removed.has(acl)),
    );
    for (const acl of removed) authorizer.remove(acl);
  }

  #save(scram: ScramCredentials, acls: readonly AclBinding[]): void {
    this.#store.save({ decoyKey: this.#decoyKey.toString('base64'), scram: scram.records(), acls });
  }
}

function newAuthorizer(config: BrokerConfig): AclAuthorizer {
  try {
    return new AclAuthorizer({
      superUsers: parseSuperUsers(config.text('super.users')),
      allowEveryoneIfNoAclFound: config.flag('allow.everyone.if.no.acl.found'),
    });
  } catch (error) {
    throw new BrokerConfigError(`super.users: ${(error as Error).message}`);
  }
}
