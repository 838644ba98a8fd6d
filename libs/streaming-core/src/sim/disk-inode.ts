import type { SeededRandom } from '../ports/memory/seeded-random.js';

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

/** What a sync has promised to make durable: the pages that were dirty when it began. */
export interface SyncTicket {
  readonly size: number;
  readonly pages: ReadonlyMap<number, number>;
  /** Truncations so far, and the shortest that the file was since the last one that is durable. */
  readonly cuts: number;
  readonly lowestCut: number;
}

/**
 * A file on a {@link SimulatedDisk}: as the system's cache shows it, and as the platter has it. Pages become durable by a sync only;
 * until then any of them may, or may not, reach the platter.
 */
export class DiskInode {
  private content = Buffer.alloc(0);
  private length = 0;
  private platter = Buffer.alloc(0);
  private platterLength = 0;
  /** Pages that differ from the platter, each with the number of its last write. */
  private dirty = new Map<number, number>();
  private writes = 0;
  private cuts = 0;
  private cutsSynced = 0;
  private lowestCut = Infinity;

  get size(): number {
    return this.length;
  }

  append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const end = this.length + bytes.length;
    this.content = withRoom(this.content, this.length, end);
    bytes.copy(this.content, this.length);
    this.touch(this.length, end);
    this.length = end;
  }

  read(target: Buffer, position: number): number {
    if (position >= this.length) return 0;
    return this.content.copy(target, 0, position, Math.min(this.length, position + target.length));
  }

  bytes(): Buffer {
    return Buffer.from(this.content.subarray(0, this.length));
  }

  rewrite(from: number, to: number): void {
    const end = Math.min(to, this.length);
    if (end > from) this.touch(from, end);
  }

  truncate(size: number): void {
    if (size >= this.length) return;
    this.content.fill(0, size, this.length);
    this.length = size;
    this.cuts += 1;
    this.lowestCut = Math.min(this.lowestCut, size);
    this.touch(size, size + 1);
  }

  beginSync(): SyncTicket {
    return { size: this.length, pages: new Map(this.dirty), cuts: this.cuts, lowestCut: this.lowestCut };
  }

  finishSync({ size, pages, cuts, lowestCut }: SyncTicket): void {
    const end = Math.min(size, this.length);
    for (const [page, write] of pages) {
      this.toPlatter(page * PAGE_BYTES, Math.min((page + 1) * PAGE_BYTES, end));
      if (this.dirty.get(page) === write) this.dirty.delete(page);
    }
    // An older sync may end after a younger one: it takes nothing back.
    if (cuts > this.cutsSynced) this.platterLength = Math.min(this.platterLength, lowestCut);
    this.cutsSynced = Math.max(this.cutsSynced, cuts);
    if (this.cuts === this.cutsSynced) this.lowestCut = Infinity;
    this.platterLength = Math.max(this.platterLength, end);
    // Bytes behind the end of a file are zeros when it grows again.
    this.platter.fill(0, this.platterLength);
  }

  /**
   * A sync that fails, as on Linux: the error is told once, a part of the pages may have been written, and all of them count as
   * clean from then on, so that a later sync succeeds without them. Sometimes the cache forgets them as well.
   */
  failSync(random: SeededRandom): void {
    const forgets = random.next() < 0.5;
    for (const page of this.dirty.keys()) {
      const [from, to] = [page * PAGE_BYTES, Math.min((page + 1) * PAGE_BYTES, this.length)];
      if (random.next() < 0.4) this.toPlatter(from, to);
      else if (forgets && from < to) {
        this.platter = withRoom(this.platter, this.platter.length, to);
        this.platter.copy(this.content, from, from, to);
      }
    }
    this.dirty.clear();
  }

  /** The power goes: of the dirty pages each survives or does not, some torn, and the file's size is old, new or between. */
  losePower(random: SeededRandom): void {
    const survival = random.next() < 0.3 ? Math.round(random.next()) : random.next();
    const synced = this.platterLength;
    const size = this.sizeAfterLoss(random);
    const result = Buffer.alloc(Math.max(size, 1));
    this.platter.copy(result, 0, 0, Math.min(size, this.platterLength, this.platter.length));
    for (const page of this.dirty.keys()) {
      if (random.next() >= survival) continue;
      const isTorn = random.next() < 0.2;
      for (let at = page * PAGE_BYTES; at < (page + 1) * PAGE_BYTES && at < size; at += SECTOR_BYTES) {
        if (isTorn && random.next() < 0.5) continue;
        this.content.copy(result, at, at, Math.min(at + SECTOR_BYTES, size, this.length));
      }
    }
    if (size > synced && random.next() < 0.15) {
      const at = synced + random.int(size - synced);
      result[at] = result[at]! ^ (1 << random.int(8));
    }
    this.content = result;
    this.length = size;
    this.platter = Buffer.from(result);
    this.platterLength = size;
    this.cutsSynced = this.cuts;
    this.lowestCut = Infinity;
    this.dirty.clear();
  }

  private sizeAfterLoss(random: SeededRandom): number {
    const [low, high] = [Math.min(this.platterLength, this.length), Math.max(this.platterLength, this.length)];
    const draw = random.next();
    if (draw < 0.3) return this.platterLength;
    return draw < 0.6 || high === low || this.length < this.platterLength ? this.length : low + random.int(high - low);
  }

  private touch(from: number, to: number): void {
    this.writes += 1;
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++) this.dirty.set(page, this.writes);
  }

  private toPlatter(from: number, to: number): void {
    if (to <= from) return;
    this.platter = withRoom(this.platter, this.platter.length, to);
    this.content.copy(this.platter, from, from, to);
  }
}

function withRoom(buffer: Buffer<ArrayBuffer>, used: number, needed: number): Buffer<ArrayBuffer> {
  if (needed <= buffer.length) return buffer;
  const grown = Buffer.alloc(Math.max(needed, buffer.length * 2, 256));
  buffer.copy(grown, 0, 0, used);
  return grown;
}
