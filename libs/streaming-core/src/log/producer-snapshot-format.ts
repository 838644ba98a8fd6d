import { crc32c } from '@node-rs/crc32';
import type { ProducerEntry, RememberedBatch } from './producer-state.js';

/**
 * A producer snapshot file in Apache Kafka's format, version 1 (ProducerStateManager; big-endian): int16 version, uint32 CRC-32C of all
 * that follows, then an array of entries with the last batch of each producer. Behind it, where Kafka's own tools do not look,
 * stand the batches before the last one, which Kafka's snapshot forgets: without them a retry after a restart could be written twice.
 */
const VERSION = 1;
const CRC_AT = 2;
const BODY_AT = 6;
const ENTRY_BYTES = 46;
const BATCH_BYTES = 24;
const NOTHING = -1;

export function encodeSnapshot(producers: ReadonlyMap<bigint, ProducerEntry>): Buffer {
  let earlier = 0;
  for (const { batches } of producers.values()) earlier += 4 + Math.max(0, batches.length - 1) * BATCH_BYTES;
  const bytes = Buffer.alloc(BODY_AT + 4 + producers.size * ENTRY_BYTES + earlier);
  bytes.writeInt16BE(VERSION, 0);
  let at = bytes.writeInt32BE(producers.size, BODY_AT);
  for (const [producerId, entry] of producers) at = writeEntry(bytes, at, producerId, entry);
  for (const { batches } of producers.values()) {
    at = bytes.writeInt32BE(Math.max(0, batches.length - 1), at);
    for (const batch of batches.slice(0, -1)) at = writeBatch(bytes, at, batch);
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(BODY_AT)), CRC_AT);
  return bytes;
}

/** Null if the bytes are damaged, or of a version that is not known. */
export function decodeSnapshot(bytes: Buffer): Map<bigint, ProducerEntry> | null {
  if (bytes.length < BODY_AT + 4 || bytes.readInt16BE(0) !== VERSION) return null;
  if (bytes.readUInt32BE(CRC_AT) !== crc32c(bytes.subarray(BODY_AT))) return null;
  const producers = new Map<bigint, ProducerEntry>();
  const count = bytes.readInt32BE(BODY_AT);
  let at = BODY_AT + 4;
  let earlierAt = at + count * ENTRY_BYTES;
  for (let i = 0; i < count; i++, at += ENTRY_BYTES) {
    const [producerId, entry] = readEntry(bytes, at);
    // A snapshot that Kafka wrote ends with the entries.
    if (earlierAt < bytes.length) {
      const earlier = bytes.readInt32BE(earlierAt);
      earlierAt += 4;
      const before = Array.from({ length: earlier }, (_, n) =>
        readBatch(bytes, earlierAt + n * BATCH_BYTES, entry.writtenMs),
      );
      earlierAt += earlier * BATCH_BYTES;
      entry.batches.unshift(...before);
    }
    producers.set(producerId, entry);
  }
  return producers;
}

function writeEntry(bytes: Buffer, start: number, producerId: bigint, entry: ProducerEntry): number {
  const last = entry.batches.at(-1);
  let at = bytes.writeBigInt64BE(producerId, start);
  at = bytes.writeInt16BE(entry.epoch, at);
  at = bytes.writeInt32BE(last?.lastSequence ?? NOTHING, at);
  at = bytes.writeBigInt64BE(last?.lastOffset ?? BigInt(NOTHING), at);
  at = bytes.writeInt32BE(last === undefined ? 0 : Number(last.lastOffset - last.firstOffset), at);
  at = bytes.writeBigInt64BE(BigInt(entry.writtenMs), at);
  at = bytes.writeInt32BE(entry.coordinatorEpoch, at);
  return bytes.writeBigInt64BE(entry.currentTxnFirstOffset, at);
}

function readEntry(bytes: Buffer, at: number): [producerId: bigint, entry: ProducerEntry] {
  const lastSequence = bytes.readInt32BE(at + 10);
  const lastOffset = bytes.readBigInt64BE(at + 14);
  const delta = bytes.readInt32BE(at + 22);
  const firstSequence = (lastSequence - delta + 2 ** 31) % 2 ** 31;
  const firstOffset = lastOffset - BigInt(delta);
  const writtenMs = Number(bytes.readBigInt64BE(at + 26));
  const last: RememberedBatch = { firstSequence, lastSequence, firstOffset, lastOffset, timestampMs: writtenMs };
  const entry: ProducerEntry = {
    epoch: bytes.readInt16BE(at + 8),
    writtenMs,
    coordinatorEpoch: bytes.readInt32BE(at + 34),
    currentTxnFirstOffset: bytes.readBigInt64BE(at + 38),
    batches: lastSequence === NOTHING ? [] : [last],
  };
  return [bytes.readBigInt64BE(at), entry];
}

function writeBatch(bytes: Buffer, start: number, batch: RememberedBatch): number {
  let at = bytes.writeInt32BE(batch.firstSequence, start);
  at = bytes.writeInt32BE(batch.lastSequence, at);
  at = bytes.writeBigInt64BE(batch.firstOffset, at);
  return bytes.writeBigInt64BE(batch.lastOffset, at);
}

function readBatch(bytes: Buffer, at: number, timestampMs: number): RememberedBatch {
  return {
    firstSequence: bytes.readInt32BE(at),
    lastSequence: bytes.readInt32BE(at + 4),
    firstOffset: bytes.readBigInt64BE(at + 8),
    lastOffset: bytes.readBigInt64BE(at + 16),
    timestampMs,
  };
}
