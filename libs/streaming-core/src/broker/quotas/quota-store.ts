import path from 'node:path';
import type { Storage } from '../../ports/storage.js';
import type { QuotaEntry } from './quota-table.js';

const FILE = 'client-quotas.json';
const FORMAT = 1;

/** Quotas on disk: one small file, replaced in one step and durable on return. */
export class QuotaStore {
  constructor(
    private readonly storage: Storage,
    private readonly directory: string,
  ) {}

  /** Throws if the file is not one of ours. */
  load(): readonly QuotaEntry[] {
    const contents = this.storage.readFile(this.#path);
    if (contents === null) return [];
    try {
      const stored = JSON.parse(contents.toString('utf8')) as { format: number; quotas: QuotaEntry[] };
      if (stored.format !== FORMAT) throw new Error(`format ${stored.format} is not known`);
      return stored.quotas;
    } catch (error) {
      throw new Error(`${this.#path} cannot be read`, { cause: error });
    }
  }

  save(quotas: readonly QuotaEntry[]): void {
    const text = `${JSON.stringify({ format: FORMAT, quotas }, null, 1)}\n`;
    this.storage.writeFileAtomic(this.#path, Buffer.from(text));
  }

  get #path(): string {
    return path.join(this.directory, FILE);
  }
}
