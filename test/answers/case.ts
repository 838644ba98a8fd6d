import { encodeBatch, type BatchInput } from 'streaming-core/wire/records/record-codec';

/** The body of a request: as the encoder takes it, for an API that is not known until run time. */
export type Body = Readonly<Record<string, unknown>>;

/** One request, asked in some versions of it. */
export interface AnswerCase {
  readonly apiKey: number;
  readonly name: string;
  /** Which of the API's versions; all if absent. */
  readonly versions?: readonly number[];
  readonly body: (world: World, version: number) => Body;
}

/** What lies in the broker that is asked: the topics `rides` and `other` with two partitions each, and nothing else. */
export interface World {
  readonly ridesId: string;
  /** Of the transactional id `warm`. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export const UNKNOWN_ID = Buffer.alloc(16, 9).toString('base64url');
/** The transactional id of a producer that there is. */
export const WARM = 'warm';
export const ZERO_ID = 'A'.repeat(22);

/** A batch of one record. */
export function batch(input: Omit<BatchInput, 'records'> = {}): Buffer {
  return encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1_700_000_000_000n }], ...input });
}

/** Cases of one API with one body each, by name. */
export function variants(
  apiKey: number,
  versions: readonly number[] | undefined,
  bodies: Readonly<Record<string, Body | ((version: number) => Body)>>,
): AnswerCase[] {
  return Object.entries(bodies).map(([name, body]) => ({
    apiKey,
    name,
    ...(versions ? { versions } : {}),
    body: (_, version) => (typeof body === 'function' ? body(version) : body),
  }));
}
