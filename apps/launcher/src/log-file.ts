import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';

const MAX_BYTES = 10 * 1024 * 1024;

/** What a service prints, kept in a file of bounded size: at 10 MiB it becomes `<name>.1` and a new one begins. */
export class LogFile {
  private size: number;

  constructor(readonly path: string) {
    this.size = existsSync(path) ? statSync(path).size : 0;
  }

  write(text: string): void {
    try {
      if (this.size + text.length > MAX_BYTES) {
        this.size = 0;
        renameSync(this.path, `${this.path}.1`);
      }
      appendFileSync(this.path, text);
      this.size += Buffer.byteLength(text);
    } catch {
      // Neither a full disk nor a log that somebody removed may end the city.
    }
  }
}
