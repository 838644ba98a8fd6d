import type { Storage } from '../ports/storage.js';

/** Removes directories that nobody uses any more, one at a time and without blocking. */
export class DirectoryRemover {
  private readonly due: string[] = [];
  private running: Promise<void> | null = null;
  private isStopped = false;

  constructor(
    private readonly storage: Storage,
    private readonly onFailure: (directory: string, error: unknown) => void,
  ) {}

  add(directory: string): void {
    this.due.push(directory);
    this.running ??= this.run();
  }

  /** Resolves when nothing is being removed any more; what is still due stays. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    for (let next = this.due.shift(); next !== undefined && !this.isStopped; next = this.due.shift()) {
      try {
        await this.storage.removeDirectoryAside(next);
      } catch (error) {
        this.onFailure(next, error);
      }
    }
    this.running = null;
  }
}
