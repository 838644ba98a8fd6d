import { ERROR, errorName } from '../wire/error-codes.js';
import { completeBatches, type RecordBatch } from '../wire/records/record-batch.js';
import { decodeRecords, type DecodedRecord } from '../wire/records/record-codec.js';
import type { DirectClient } from './direct-client.js';

const FETCH = 1;
/** The last version that names topics. */
const FETCH_VERSION = 12;
const FETCH_BYTES = 50 << 20;

/** A record as a test looks at it. Offsets are plain numbers: no test writes 2^53 records. */
export interface TestRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  /** As UTF-8; null as sent. */
  readonly key: string | null;
  /** As UTF-8; null as sent (a tombstone). */
  readonly value: string | null;
  /** As UTF-8; of several with one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** The key's bytes as sent. */
  readonly keyBytes: Buffer | null;
  readonly valueBytes: Buffer | null;
  /** The value parsed as JSON. Throws SyntaxError. */
  json(): unknown;
}

export interface ReadOptions {
  /** Where to begin; default: the start of the log. */
  readonly fromOffset?: number;
  /** Default `read_committed`: without the records of transactions that are open or were aborted. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
}

/** All records of a partition now, as a consumer would get them. Throws for a partition that cannot be read. */
export async function readPartition(
  client: DirectClient,
  topic: string,
  partition: number,
  startOffset: bigint,
  { fromOffset, isolation = 'read_committed' }: ReadOptions = {},
): Promise<TestRecord[]> {
  const isCommitted = isolation === 'read_committed';
  const records: TestRecord[] = [];
  let nextOffset = fromOffset === undefined ? startOffset : BigInt(fromOffset);
  for (;;) {
    const fetched = await fetchOnce(client, topic, partition, nextOffset, isCommitted);
    if (fetched.errorCode !== ERROR.NONE) {
      throw new Error(`cannot read ${topic}-${partition} at ${nextOffset}: ${errorName(fetched.errorCode)}`);
    }
    const batches = [...completeBatches(fetched.records ?? Buffer.alloc(0))];
    if (batches.length === 0) return records;
    const isAborted = abortedTest(isCommitted ? (fetched.abortedTransactions ?? []) : []);
    for (const batch of batches) {
      const skips = isAborted(batch) || batch.isControl;
      const decoded = skips ? [] : decodeRecords(batch);
      records.push(...decoded.filter(({ offset }) => offset >= nextOffset).map((each) => present(each, partition)));
    }
    nextOffset = batches.at(-1)!.nextOffset;
  }
}

async function fetchOnce(
  client: DirectClient,
  topic: string,
  partition: number,
  fetchOffset: bigint,
  isCommitted: boolean,
) {
  const { responses } = await client.ask(FETCH, FETCH_VERSION, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: FETCH_BYTES,
    isolationLevel: isCommitted ? 1 : 0,
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: FETCH_BYTES }] }],
    rackId: '',
  });
  return responses[0]!.partitions[0]!;
}

/**
 * Whether a batch is of an aborted transaction; to be asked for every batch in order. A producer's batches are aborted from the
 * first offset of the list until its next abort marker, as KIP-98 has it.
 */
function abortedTest(transactions: readonly { producerId: bigint; firstOffset: bigint }[]) {
  const pending = [...transactions].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborting = new Set<bigint>();
  return (batch: RecordBatch): boolean => {
    while (pending.length > 0 && pending[0]!.firstOffset <= batch.lastOffset) aborting.add(pending.shift()!.producerId);
    const { producerId } = batch;
    if (!batch.isTransactional || !aborting.has(producerId)) return false;
    if (batch.isControl) aborting.delete(producerId);
    return !batch.isControl;
  };
}

function present({ offset, timestamp, key, value, headers }: DecodedRecord, partition: number): TestRecord {
  return {
    partition,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: Object.fromEntries(headers.map((header) => [header.key, header.value?.toString() ?? ''])),
    keyBytes: key,
    valueBytes: value,
    json: () => JSON.parse(value?.toString() ?? 'null') as unknown,
  };
}
