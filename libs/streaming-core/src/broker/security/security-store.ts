import path from 'node:path';
import type { AclBinding } from '../../security/acl.js';
import type { Storage } from '../../ports/storage.js';

/** A user's credential for one SCRAM mechanism; bytes as base64. */
export interface ScramRecord {
  readonly user: string;
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

export interface StoredSecurity {
  /** Makes up salts for users who do not exist, the same ones after a restart. */
  readonly decoyKey: string;
  readonly scram: readonly ScramRecord[];
  readonly acls: readonly AclBinding[];
}

/** Where credentials and rules are kept. What `save` was given is durable on return. */
export interface SecurityStore {
  load(): StoredSecurity | null;
  save(security: StoredSecurity): void;
}

const FILE = 'security.json';
const FORMAT = 1;

/** One small file, replaced in one step. */
export class FileSecurityStore implements SecurityStore {
  constructor(
    private readonly storage: Storage,
    private readonly directory: string,
  ) {}

  /** Null on the first start. Throws if the file is not one of ours: starting over would open what was closed. */
  load(): StoredSecurity | null {
    const contents = this.storage.readFile(this.#path);
    if (contents === null) return null;
    try {
      const { format, ...stored } = JSON.parse(contents.toString('utf8')) as StoredSecurity & { format: number };
      if (format !== FORMAT) throw new Error(`format ${format} is not known`);
      return stored;
    } catch (error) {
      throw new Error(`${this.#path} cannot be read`, { cause: error });
    }
  }

  save(security: StoredSecurity): void {
    const contents = `${JSON.stringify({ format: FORMAT, ...security }, null, 1)}\n`;
    this.storage.writeFileAtomic(this.#path, Buffer.from(contents), { isPrivate: true });
  }

  get #path(): string {
    return path.join(this.directory, FILE);
  }
}
