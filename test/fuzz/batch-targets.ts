import { isDeepStrictEqual } from 'node:util';
import { readFileSync } from 'node:fs';
import {
  BATCH_FIELD,
  BATCH_HEADER_BYTES,
  COMPRESSION,
  RecordBatch,
  RecordBatchError,
  completeBatches,
} from 'streaming-core/wire/records/record-batch';
import { decodeRecords, encodeBatch, type DecodedRecord } from 'streaming-core/wire/records/record-codec';
import { validateProduced } from 'streaming-core/wire/records/validate-batch';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { expectSmallAllocation, FuzzFailure, unlessRefused, type FuzzTarget } from './target.ts';

const BATCH_BYTES_MAX = 1 << 20;
const DECOMPRESSED_BYTES_MAX = 64 * 1024;
/** Batches of every compression, written by Apache Kafka. */
const GOLDEN: readonly Buffer[] = Object.values(
  JSON.parse(
    readFileSync(new URL('../../libs/streaming-core/test/wire/apache-kafka-4.2-batches.json', import.meta.url), 'utf8'),
  ) as Record<string, string>,
).map((hex) => Buffer.from(hex, 'hex'));

const isBatchError = (error: unknown): boolean => error instanceof RecordBatchError;

/** What a producer sends: is refused by a RecordBatchError, or is one batch whose records can be read. */
export const PRODUCED_BATCH_TARGET: FuzzTarget = {
  name: 'produced batch',
  generate: anyBatch,
  check: (input) => {
    const validate = (): RecordBatch | null =>
      unlessRefused(() => validateProduced(input, { batchBytesMax: BATCH_BYTES_MAX }), isBatchError);
    expectSmallAllocation(input.length, validate);
    const batch = validate();
    if (batch === null || batch.compressionCode !== COMPRESSION.none) return;
    // Compressed batches are taken unopened, plain ones only if every reader can read them.
    const records = decodeRecords(batch);
    const isDense = records.every(({ offset }, index) => offset === batch.baseOffset + BigInt(index));
    if (records.length !== batch.recordCount || !isDense) throw new FuzzFailure('accepted, but its offsets have gaps');
  },
};

/** What lies in a log or comes from a fetch: batches are found and opened within bounds, or refused by a RecordBatchError. */
export const BATCH_READER_TARGET: FuzzTarget = {
  name: 'record batch reader',
  generate: (random) => {
    const batches = Array.from({ length: 1 + random.below(3) }, () => anyBatch(random));
    return random.oneIn(4) ? mutate(random, Buffer.concat(batches)) : Buffer.concat(batches);
  },
  check: (input) => {
    const allowed = input.length + DECOMPRESSED_BYTES_MAX * 4;
    expectSmallAllocation(allowed, () => unlessRefused(() => readAll(input), isBatchError));
    for (const { batch, records } of unlessRefused(() => readAll(input), isBatchError) ?? [])
      checkRewritten(batch, records);
  },
};

interface ReadBatch {
  readonly batch: RecordBatch;
  readonly records: readonly DecodedRecord[];
}

function readAll(input: Buffer): ReadBatch[] {
  const read: ReadBatch[] = [];
  for (const batch of completeBatches(input)) {
    const records = unlessRefused(() => decodeRecords(batch, DECOMPRESSED_BYTES_MAX), isBatchError);
    if (records !== null) read.push({ batch, records });
  }
  return read;
}

/** Records that were read can be written and read again: compaction does it. */
function checkRewritten({ baseOffset }: RecordBatch, records: readonly DecodedRecord[]): void {
  const isAscending = records.every(({ offset }, index) => offset >= (records[index - 1]?.offset ?? baseOffset));
  // Offsets too far apart do not fit a batch; validation lets no such batch in.
  if (!isAscending || baseOffset < 0n || (records.at(-1)?.offset ?? 0n) - baseOffset >= 2n ** 31n) return;
  const again = decodeRecords(new RecordBatch(encodeBatch({ baseOffset, records })));
  if (!isDeepStrictEqual(again, records)) throw new FuzzFailure('records differ once they are written again');
}

/** A batch of Apache Kafka's or of ours; three in four are damaged, half of those with a checksum that fits the damage. */
function anyBatch(random: Random): Buffer {
  const batch = random.oneIn(3) ? random.pick(GOLDEN) : ownBatch(random);
  if (random.oneIn(4)) return batch;
  const damaged = mutate(random, batch);
  if (damaged.length >= BATCH_HEADER_BYTES && random.oneIn(2)) repair(damaged);
  return damaged;
}

function ownBatch(random: Random): Buffer {
  return encodeBatch({
    compression: random.pick(['none', 'none', 'none', 'gzip', 'zstd']),
    ...(random.oneIn(3) ? { producerId: 5n, producerEpoch: 0, baseSequence: 0x7fffffff } : {}),
    isTransactional: random.oneIn(4),
    isControl: random.oneIn(8),
    records: Array.from({ length: 1 + random.below(4) }, () => ({
      timestamp: random.pick([-1n, 0n, 1_700_000_000_000n, 1_700_000_000_001n]),
      key: random.oneIn(3) ? null : random.bytes(random.below(10)),
      value: random.oneIn(5) ? null : random.bytes(random.below(60)),
      headers: Array.from({ length: random.below(3) }, () => ({
        key: random.pick(['', 'trace', 'ü']),
        value: random.oneIn(3) ? null : random.bytes(random.below(8)),
      })),
    })),
  });
}

/** Length and checksum as they would be if the damage had been meant, so that what lies behind those checks is reached. */
function repair(batch: Buffer): void {
  batch.writeInt32BE(batch.length - BATCH_FIELD.partitionLeaderEpoch, BATCH_FIELD.batchLength);
  batch.writeUInt32BE(new RecordBatch(batch).computeCrc(), BATCH_FIELD.crc);
}
