/** A sealed segment whose indexes can be read from the disk again. */
export interface IndexOwner {
  releaseIndexes(): void;
}

/**
 * Bounds the memory of the indexes of sealed segments, over all logs that share it: those that were loaded longest ago go first. An
 * active segment's indexes are not its business.
 */
export class IndexCache {
  /** Bytes by owner, the oldest first. */
  private readonly loaded = new Map<IndexOwner, number>();
  private bytes = 0;

  constructor(private readonly limitBytes = 64 << 20) {}

  get usedBytes(): number {
    return this.bytes;
  }

  add(owner: IndexOwner, bytes: number): void {
    this.forget(owner);
    this.loaded.set(owner, bytes);
    this.bytes += bytes;
    for (const oldest of this.loaded.keys()) {
      if (this.bytes <= this.limitBytes || oldest === owner) return;
      this.forget(oldest);
      oldest.releaseIndexes();
    }
  }

  forget(owner: IndexOwner): void {
    this.bytes -= this.loaded.get(owner) ?? 0;
    this.loaded.delete(owner);
  }
}
