import path from 'node:path';
import type { Storage } from '../ports/storage.js';

export interface TopicRecord {
  readonly name: string;
  /** 22 characters of base64url, as in Kafka. */
  readonly id: string;
  readonly partitions: number;
  /** Only what differs from the broker's defaults. */
  readonly configs: Readonly<Record<string, string>>;
}

export interface StoredTopics {
  readonly topics: readonly TopicRecord[];
  /** Topics whose directories may still be there. */
  readonly deleting: readonly { readonly name: string; readonly partitions: number }[];
}

const FILE = 'topics.json';
const FORMAT = 1;

/** The cluster's metadata on disk: one small file, replaced in one step and durable on return. */
export class TopicStore {
  constructor(
    private readonly storage: Storage,
    private readonly directory: string,
  ) {}

  /** Null on the first start. Throws if the file is not one of ours: starting over would hide the topics that are there. */
  load(): StoredTopics | null {
    const contents = this.storage.readFile(this.#path);
    if (contents === null) return null;
    try {
      const { format, ...stored } = JSON.parse(contents.toString('utf8')) as StoredTopics & { format: number };
      if (format !== FORMAT) throw new Error(`format ${format} is not known`);
      return stored;
    } catch (error) {
      throw new Error(`${this.#path} cannot be read`, { cause: error });
    }
  }

  save(topics: StoredTopics): void {
    this.storage.writeFileAtomic(
      this.#path,
      Buffer.from(`${JSON.stringify({ format: FORMAT, ...topics }, null, 1)}\n`),
    );
  }

  get #path(): string {
    return path.join(this.directory, FILE);
  }
}
