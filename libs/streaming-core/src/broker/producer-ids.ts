import path from 'node:path';
import type { Storage } from '../ports/storage.js';

const FILE = 'producer-ids.json';
const BLOCK = 1_000;

/** Gives out producer ids, each once: a block is written down before the first id of it is used, as in Kafka. */
export class ProducerIds {
  #next = 0;
  #end = 0;

  constructor(
    private readonly storage: Storage,
    private readonly directory: string,
  ) {}

  next(): bigint {
    if (this.#next === this.#end) this.#takeBlock();
    const id = this.#next;
    this.#next += 1;
    return BigInt(id);
  }

  #takeBlock(): void {
    const file = path.join(this.directory, FILE);
    const contents = this.storage.readFile(file);
    const { next } = contents ? (JSON.parse(contents.toString('utf8')) as { next: number }) : { next: 0 };
    if (!Number.isSafeInteger(next) || next < 0) throw new Error(`${file} is damaged`);
    this.storage.writeFileAtomic(file, Buffer.from(`${JSON.stringify({ next: next + BLOCK })}\n`));
    this.#next = next;
    this.#end = next + BLOCK;
  }
}
