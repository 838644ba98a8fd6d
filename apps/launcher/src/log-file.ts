import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';

const MAX_BYTES = 10 * 1024 * 1024;

/** What a service prints, kept in a file of bounded size: at 10 MiB it becomes `<name>.1` and a new one begins. */
export class LogFile {
  private size: number;

  constructor(readonly path: string) {
    this.size = existsSync(path) ? statSync(path).size : 0;
  }

  write(text: string): void {
    if (this.size + text.length > MAX_BYTES) {
      renameSync(this.path, `${this.path}.1`);
      this.size = 0;
    }
    try {
      appendFileSync(this.path, text);
      this.size += Buffer.byteLength(text);
    } catch {
      // A full disk must not end the city for the sake of its log.
    }
  }
}
