import path from 'node:path';
import type { Storage } from '../../ports/storage.js';
import type { ConfigValues } from './config-operations.js';

/** What was set at run time. */
export interface StoredConfigs {
  /** By broker id; `''` is the default of all brokers. */
  readonly brokers: Readonly<Record<string, ConfigValues>>;
  /** By group id. */
  readonly groups: Readonly<Record<string, ConfigValues>>;
}

const FILE = 'dynamic-configs.json';
const FORMAT = 1;

/** Configs of brokers and groups on disk: one small file, replaced in one step and durable on return. Topics keep their own. */
export class ConfigStore {
  constructor(
    private readonly storage: Storage,
    private readonly directory: string,
  ) {}

  /** Throws if the file is not one of ours: forgetting what was set would be worse than not starting. */
  load(): StoredConfigs {
    const contents = this.storage.readFile(this.#path);
    if (contents === null) return { brokers: {}, groups: {} };
    try {
      const { format, brokers, groups } = JSON.parse(contents.toString('utf8')) as StoredConfigs & { format: number };
      if (format !== FORMAT) throw new Error(`format ${format} is not known`);
      return { brokers, groups };
    } catch (error) {
      throw new Error(`${this.#path} cannot be read`, { cause: error });
    }
  }

  save(configs: StoredConfigs): void {
    const text = `${JSON.stringify({ format: FORMAT, ...configs }, null, 1)}\n`;
    this.storage.writeFileAtomic(this.#path, Buffer.from(text));
  }

  get #path(): string {
    return path.join(this.directory, FILE);
  }
}
