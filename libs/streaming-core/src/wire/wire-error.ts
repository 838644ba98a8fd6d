/** What was wrong with the bytes. Stable: metrics and tests name these. */
export type WireErrorCode =
  /** A value claims more bytes than remain. */
  | 'UNDERFLOW'
  /** A length below zero where null is not meant, or below -1 anywhere. */
  | 'NEGATIVE_LENGTH'
  /** A varint longer than its type allows. */
  | 'OVERLONG_VARINT'
  | 'BAD_UTF8'
  | 'NULL_NOT_ALLOWED'
  /** An array claims more elements than the remaining bytes could hold, or than one message may have. */
  | 'ARRAY_TOO_LARGE'
  /** Tagged fields out of order, twice the same tag, or more than the remaining bytes could hold. */
  | 'BAD_TAGGED_FIELDS'
  | 'TRAILING_BYTES'
  | 'UNKNOWN_API'
  | 'UNSUPPORTED_VERSION'
  /** Encoding: a value does not fit its type, or a field that this version lacks has a value that must not be dropped. */
  | 'NOT_ENCODABLE';

/** Malformed bytes on decode, or a message that cannot be encoded. `offset` is the position in the frame (or in the output). */
export class WireError extends Error {
  override readonly name: string = 'WireError';
  constructor(
    readonly code: WireErrorCode,
    readonly offset: number,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${detail} (${code} at byte ${offset})`, options);
  }
}
