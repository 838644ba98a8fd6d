import { Logger } from '@nestjs/common';
import { delay } from 'streaming-core/client/backoff';

const ROUND_EVERY_MS = 10_000;

/**
 * Keeps a table from growing without end: calls `removeSome` in the background, again and again while it says that there may be
 * more. Each call is to remove a bounded number of rows, so that nobody waits for it for long.
 */
export class RowRetention {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly what: string,
    private readonly removeSome: () => Promise<boolean>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      await delay(ROUND_EVERY_MS, this.stopping.signal);
      try {
        while (!this.isStopping() && (await this.removeSome()));
      } catch (error) {
        this.logger.warn(`old ${this.what} could not be removed: ${String(error)}`);
      }
    }
  }
}
