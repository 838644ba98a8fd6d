/** Randomness as the engine sees it. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `length` bytes. */
  bytes(length: number): Buffer;
}
