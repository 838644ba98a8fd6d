/**
 * Group commit: many requests share one sync. A request is served by a sync that *begins* after it; while one runs, the
 * requests that come wait together for the next.
 */
export class GroupSync {
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;

  constructor(private readonly sync: () => Promise<void>) {}

  /** Resolves or rejects with the sync that serves this request. */
  request(): Promise<void> {
    this.next ??= this.running.then(
      () => this.start(),
      () => this.start(),
    );
    return this.next;
  }

  private start(): Promise<void> {
    this.running = this.next!;
    this.next = null;
    return this.sync();
  }
}
