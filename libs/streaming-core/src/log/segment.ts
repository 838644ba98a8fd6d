import { strict as assert } from 'node:assert';
import path from 'node:path';
import type { Storage, StorageFile } from '../ports/storage.js';
import type { RecordBatch } from '../wire/records/record-batch.js';
import { scanBatches } from './batch-scan.js';
import type { FileHandles } from './file-handles.js';
import { CorruptLogError, SegmentGoneError } from './log-errors.js';
import { OffsetIndex } from './offset-index.js';
import { logFileName, offsetIndexFileName, timeIndexFileName, transactionIndexFileName } from './segment-files.js';
import { SegmentTransactions } from './segment-transactions.js';
import { TimeIndex } from './time-index.js';

export interface SegmentPlace {
  readonly storage: Storage;
  readonly handles: FileHandles;
  readonly directory: string;
  /** May change while the log is open. */
  indexIntervalBytes: number;
}

/** A batch's largest timestamp. Beyond 2^53 it is no time: it is taken as that bound. */
export const timestampMsOf = (batch: RecordBatch) => Math.min(Number(batch.maxTimestamp), Number.MAX_SAFE_INTEGER);

/**
 * One file of a log with its two sparse indexes. The active segment keeps its file open; a sealed one goes through the shared,
 * bounded handles and loads its indexes when they are first needed, so that opening a long log costs next to nothing.
 */
export class Segment {
  readonly logPath: string;
  /** The aborted transactions whose markers lie in this segment. */
  readonly transactions: SegmentTransactions;
  private readonly offsetIndexPath: string;
  private readonly timeIndexPath: string;
  private ownFile: StorageFile | null = null;
  private bytes: number;
  private offsets: OffsetIndex | null = null;
  private times: TimeIndex | null = null;
  private sinceIndexEntry = 0;
  private maxTimestampMs = -1;
  private maxTimestampOffset: bigint;
  private retired = false;

  constructor(
    private readonly place: SegmentPlace,
    readonly baseOffset: bigint,
  ) {
    this.logPath = path.join(place.directory, logFileName(baseOffset));
    this.offsetIndexPath = path.join(place.directory, offsetIndexFileName(baseOffset));
    this.timeIndexPath = path.join(place.directory, timeIndexFileName(baseOffset));
    const transactionIndexPath = path.join(place.directory, transactionIndexFileName(baseOffset));
    this.transactions = new SegmentTransactions(place.storage, transactionIndexPath, baseOffset);
    this.maxTimestampOffset = baseOffset;
    this.bytes = place.handles.get(this.logPath).size();
  }

  /** Deleted, or another segment is in its place. */
  get isGone(): boolean {
    return this.retired;
  }

  get size(): number {
    return this.bytes;
  }

  /** Largest timestamp of a record, or -1 if the segment is empty. */
  get largestTimestampMs(): number {
    if (this.maxTimestampMs < 0) return this.timeIndex.lastTimestampMs;
    return this.maxTimestampMs;
  }

  get offsetIndex(): OffsetIndex {
    if (this.offsets === null) this.loadIndexes();
    return this.offsets!;
  }

  get timeIndex(): TimeIndex {
    if (this.times === null) this.loadIndexes();
    return this.times!;
  }

  get file(): StorageFile {
    // The path may name another file by now, or opening it would create one.
    if (this.retired) throw new SegmentGoneError(this.logPath);
    return this.ownFile ?? this.place.handles.get(this.logPath);
  }

  /** Takes the file out of the shared handles, so that it stays open until {@link release}. */
  hold(): void {
    // Held, a segment may change: its indexes are then no copy of what is on the disk.
    this.place.handles.indexes.forget(this);
    if (this.ownFile !== null) return;
    this.place.handles.forget(this.logPath);
    this.ownFile = this.place.storage.open(this.logPath);
  }

  release(): void {
    this.ownFile?.close();
    this.ownFile = null;
    this.offerIndexes();
  }

  /** Lets go of the indexes' memory; they are read again when they are needed. */
  releaseIndexes(): void {
    this.offsets = null;
    this.times = null;
  }

  /** Writes one batch, stamped already. After a failure the file may hold a part of it: {@link cut} before the next. */
  append(batch: RecordBatch): void {
    assert(this.ownFile !== null, 'only a held segment takes writes');
    this.ownFile.append([batch.bytes]);
    this.note(batch, this.bytes);
    this.bytes += batch.sizeBytes;
  }

  /** Takes a batch at `position` into the indexes. */
  note(batch: RecordBatch, position: number): void {
    const lastOffset = batch.lastOffset;
    const timestampMs = timestampMsOf(batch);
    if (timestampMs > this.maxTimestampMs) {
      this.maxTimestampMs = timestampMs;
      this.maxTimestampOffset = lastOffset;
    }
    if (this.sinceIndexEntry > this.place.indexIntervalBytes) {
      this.offsetIndex.add(lastOffset, position);
      this.timeIndex.add(this.maxTimestampMs, this.maxTimestampOffset);
      this.sinceIndexEntry = 0;
    }
    this.sinceIndexEntry += batch.sizeBytes;
  }

  /** Cuts the file and its indexes: `position` is a batch's beginning, `offset` what that batch's base would be. */
  cut(position: number, offset: bigint): void {
    this.file.truncate(position);
    this.bytes = position;
    this.offsetIndex.truncate(position);
    this.timeIndex.truncate(offset);
    this.transactions.truncate(offset);
    this.maxTimestampMs = this.timeIndex.lastTimestampMs;
    this.maxTimestampOffset = this.timeIndex.lastOffset;
    this.sinceIndexEntry = 0;
    this.noteAfterLastEntry(position);
  }

  /** The last step of a segment's active life: its time index learns the true maximum. */
  seal(): void {
    this.timeIndex.add(this.maxTimestampMs, this.maxTimestampOffset);
    this.saveIndexes();
  }

  saveIndexes(): void {
    for (const { path: file, contents } of this.encodeIndexes()) this.place.storage.writeFileAtomic(file, contents);
  }

  /**
   * The index files as they should be, in the order in which they should become so: a time index that is older than its offset
   * index would hide the largest timestamp.
   */
  encodeIndexes(): { readonly path: string; readonly contents: Buffer }[] {
    const transactions = this.transactions.encode();
    return [
      { path: this.timeIndexPath, contents: this.timeIndex.encode() },
      { path: this.offsetIndexPath, contents: this.offsetIndex.encode() },
      ...(transactions === null ? [] : [transactions]),
    ];
  }

  /**
   * Opens a segment for recovery: its indexes hold what they held of the batches before `position`, whose next offset is
   * `offset`; {@link note} adds the rest. False: they were lost or senseless, and are made anew.
   * @throws CorruptLogError if the indexes are unusable and the batches before `position` do not check either
   */
  openTail(position: number, offset: bigint): boolean {
    this.transactions.truncate(offset);
    const [offsets, times] = position === 0 ? [null, null] : this.readIndexes();
    if (offsets === null || times === null) {
      this.resetIndexes();
      this.noteAll(position);
      return position === 0;
    }
    [this.offsets, this.times] = [offsets, times];
    offsets.truncate(position);
    times.truncate(offset);
    this.maxTimestampMs = times.lastTimestampMs;
    this.maxTimestampOffset = times.lastOffset;
    this.sinceIndexEntry = 0;
    this.noteAfterLastEntry(position);
    return true;
  }

  /** Cuts bytes that were never taken into the indexes. */
  trim(position: number): void {
    this.file.truncate(position);
    this.bytes = position;
  }

  /** Empties the indexes: {@link note} then fills them from the first batch on. */
  resetIndexes(): void {
    this.offsets = new OffsetIndex(this.baseOffset);
    this.times = new TimeIndex(this.baseOffset);
    this.sinceIndexEntry = 0;
    this.maxTimestampMs = -1;
    this.maxTimestampOffset = this.baseOffset;
  }

  /** Position of the first batch whose last offset is at least `offset`, or the end. */
  positionOf(offset: bigint): number {
    return scanBatches(
      this.file,
      this.offsetIndex.floorPosition(offset),
      this.bytes,
      { checkCrc: false },
      (batch) => batch.lastOffset < offset,
    ).position;
  }

  /** Timestamp of the first batch, or infinite if there is none, or it has no time. */
  firstTimestampMs(): number {
    let firstMs = Number.POSITIVE_INFINITY;
    scanBatches(this.file, 0, this.bytes, { checkCrc: false }, (batch) => {
      const timestampMs = batch.deleteHorizonMs === null ? Number(batch.baseTimestamp) : timestampMsOf(batch);
      if (timestampMs >= 0) firstMs = timestampMs;
      return false;
    });
    return firstMs;
  }

  /** One more than the last offset in the file. */
  nextOffset(): bigint {
    let next = this.baseOffset;
    const from = this.offsetIndex.floorPosition(this.baseOffset + 0x7fffffffn);
    scanBatches(this.file, from, this.bytes, { checkCrc: false }, (batch) => {
      next = batch.lastOffset + 1n;
      return true;
    });
    return next;
  }

  /** Closes the file for good: another takes its place. */
  retire(): void {
    this.retired = true;
    this.release();
    this.place.handles.forget(this.logPath);
    this.place.handles.indexes.forget(this);
  }

  /** Removes the files. */
  delete(): void {
    this.retire();
    const indexes = [this.offsetIndexPath, this.timeIndexPath, this.transactions.path];
    for (const file of [this.logPath, ...indexes]) this.place.storage.remove(file);
  }

  private loadIndexes(): void {
    [this.offsets, this.times] = this.readIndexes();
    if (this.offsets === null || this.times === null) {
      this.resetIndexes();
      this.noteAll(this.bytes);
      this.seal();
    }
    // Retention asks for it at every turn, also when the indexes are not in memory.
    this.maxTimestampMs = this.times!.lastTimestampMs;
    this.maxTimestampOffset = this.times!.lastOffset;
    this.offerIndexes();
  }

  /** Of a sealed segment: the shared cache may take them away. */
  private offerIndexes(): void {
    if (this.ownFile !== null || this.retired || this.offsets === null || this.times === null) return;
    this.place.handles.indexes.add(this, this.offsets.size * 8 + this.times.size * 16);
  }

  private readIndexes(): [OffsetIndex | null, TimeIndex | null] {
    const offsetBytes = this.place.storage.readFile(this.offsetIndexPath);
    const timeBytes = this.place.storage.readFile(this.timeIndexPath);
    return [
      offsetBytes && OffsetIndex.decode(this.baseOffset, offsetBytes, this.bytes),
      timeBytes && TimeIndex.decode(this.baseOffset, timeBytes),
    ];
  }

  private noteAll(end: number): void {
    const scanned = scanBatches(this.file, 0, end, { checkCrc: true }, (batch, position) => {
      this.note(batch, position);
      return true;
    });
    if (scanned.damage !== null) throw new CorruptLogError(this.logPath, scanned.position, scanned.damage);
  }

  /** Brings the running maximum up to date with the batches that no index entry covers. */
  private noteAfterLastEntry(end: number): void {
    const from = this.offsetIndex.floorPosition(this.baseOffset + 0x7fffffffn);
    scanBatches(this.file, from, end, { checkCrc: false }, (batch) => {
      const timestampMs = timestampMsOf(batch);
      if (timestampMs > this.maxTimestampMs) {
        this.maxTimestampMs = timestampMs;
        this.maxTimestampOffset = batch.lastOffset;
      }
      this.sinceIndexEntry += batch.sizeBytes;
      return true;
    });
  }
}
