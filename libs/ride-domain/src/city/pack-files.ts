import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CityPackError } from './city-pack-error.js';

const FILE_BYTES_MAX = 512 * 1024 * 1024;

/** The files of a city pack's directory. */
export class PackFiles {
  constructor(readonly dir: string) {}

  /** @throws CityPackError when the directory cannot be used. */
  async assertDirectory(): Promise<void> {
    const stats = await stat(this.dir).catch((error: unknown) => {
      throw new CityPackError({ file: this.dir }, `cannot open the city pack: ${messageOf(error)}`, { cause: error });
    });
    if (!stats.isDirectory()) throw new CityPackError({ file: this.dir }, 'a city pack is a directory');
  }

  /** @throws CityPackError when the file is missing or cannot be read. */
  async required(file: string): Promise<string> {
    const text = await this.optional(file);
    if (text === null) throw new CityPackError({ file }, `is missing from the city pack ${this.dir}`);
    return text;
  }

  /** The file's text, or null when there is none. @throws CityPackError when it cannot be read. */
  async optional(file: string): Promise<string | null> {
    const fullPath = path.join(this.dir, file);
    try {
      const { size } = await stat(fullPath);
      if (size > FILE_BYTES_MAX) throw new CityPackError({ file }, `has ${size} bytes, at most ${FILE_BYTES_MAX}`);
      return await readFile(fullPath, 'utf8');
    } catch (error) {
      if (error instanceof CityPackError) throw error;
      // By its code and not its class: where tests run in a realm of their own, the file system's errors are of another.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new CityPackError({ file }, `cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
