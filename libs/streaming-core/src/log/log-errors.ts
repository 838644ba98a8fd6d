import { StorageError } from '../ports/storage.js';

/** The log takes no writes: its disk is full or failing. It takes them again once a probe succeeds. */
export class LogUnwritableError extends StorageError {
  constructor(directory: string, cause: StorageError) {
    super(cause.code, `${directory} takes no writes: ${cause.message}`, { cause });
  }
}

export class OffsetOutOfRangeError extends Error {
  override readonly name = 'OffsetOutOfRangeError';
  constructor(
    readonly offset: bigint,
    readonly startOffset: bigint,
    readonly endOffset: bigint,
  ) {
    super(`offset ${String(offset)} is outside [${String(startOffset)}, ${String(endOffset)}]`);
  }
}

/**
 * Bytes that were good once are not any more, or cannot be told from such: the log refuses to open rather than to lose records
 * in silence. `position` is where in `file` the trouble begins.
 */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError';
  constructor(
    readonly file: string,
    readonly position: number,
    reason: string,
  ) {
    super(`${file} is damaged at byte ${position}: ${reason}`);
  }
}

/** The segment was deleted or replaced while it was being read. Read again: another one holds the offset, or none does. */
export class SegmentGoneError extends StorageError {
  constructor(file: string) {
    super('IO', `${file} is gone`);
  }
}
