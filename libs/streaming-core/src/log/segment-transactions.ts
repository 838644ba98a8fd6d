import type { Storage } from '../ports/storage.js';
import { TransactionIndex, type AbortedTransaction } from './transaction-index.js';

/** The transaction index of one segment, read from its file when it is first needed. */
export class SegmentTransactions {
  private loaded: TransactionIndex | null = null;
  private hasFile = false;
  private damaged = false;

  constructor(
    private readonly storage: Storage,
    readonly path: string,
    private readonly baseOffset: bigint,
  ) {}

  /** The file cannot be read: what is known is not all. {@link replace} mends it. */
  get isDamaged(): boolean {
    this.load();
    return this.damaged;
  }

  add(aborted: AbortedTransaction): void {
    this.load().add(aborted);
  }

  /** Forgets the transactions whose markers lie at or after an offset. */
  truncate(offset: bigint): void {
    this.load().truncate(offset);
  }

  /** See {@link TransactionIndex.collect}. */
  collect(from: bigint, to: bigint, found: AbortedTransaction[]): boolean {
    return this.load().collect(from, to, found);
  }

  replace(index: TransactionIndex): void {
    this.load();
    this.loaded = index;
    this.damaged = false;
  }

  /** The file as it should be; null if there should be, and is, none. */
  encode(): { readonly path: string; readonly contents: Buffer } | null {
    const index = this.load();
    // An old file must not outlive the entries that a cut took away; a damaged one stays until it is mended.
    if (this.damaged || (index.size === 0 && !this.hasFile)) return null;
    this.hasFile = true;
    return { path: this.path, contents: index.encode() };
  }

  private load(): TransactionIndex {
    if (this.loaded !== null) return this.loaded;
    const bytes = this.storage.readFile(this.path);
    const decoded = bytes && TransactionIndex.decode(this.baseOffset, bytes);
    this.hasFile = bytes !== null;
    this.damaged = bytes !== null && decoded === null;
    this.loaded = decoded ?? new TransactionIndex();
    return this.loaded;
  }
}
