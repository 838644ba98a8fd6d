import { readdirSync, readFileSync, statSync } from 'node:fs';
import { COMPRESSION, completeBatches, type RecordBatch } from '../wire/records/record-batch.js';
import { decodeRecords, type DecodedRecord } from '../wire/records/record-codec.js';
import { printJson } from './output.js';

const CODECS = Object.entries(COMPRESSION).map(([name, code]) => [code, name] as const);
const TEXT_MAX = 200;

/** Shows what a segment file holds, one line per batch, and says where it stops making sense. */
export function dump(segment: string, options: { readonly records: boolean; readonly json: boolean }): void {
  const bytes = readSegment(segment);
  if (bytes.length === 0) console.error(`${segment} holds no batches`);
  let position = 0;
  try {
    for (const batch of completeBatches(bytes)) {
      if (!options.json || !options.records) {
        if (options.json) printJson(batchFacts(batch, position));
        else console.log(describeBatch(batch, position));
      }
      if (options.records) for (const record of decodeRecords(batch)) show(record, options.json);
      position += batch.sizeBytes;
    }
  } catch (error) {
    console.log(`damaged at byte ${position}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    return;
  }
  if (position < bytes.length) {
    console.log(`${bytes.length - position} bytes from byte ${position} on are not a whole batch`);
    process.exitCode = 1;
  }
}

/** @throws Error that says what to name instead */
function readSegment(segment: string): Buffer {
  const isDirectory = statSync(segment, { throwIfNoEntry: false })?.isDirectory();
  if (isDirectory === undefined) throw new Error(`there is no file ${segment}`);
  if (!isDirectory) return readFileSync(segment);
  const logs = readdirSync(segment).filter((name) => name.endsWith('.log'));
  throw new Error(`${segment} is a directory: name a .log file${logs.length > 0 ? ` of it, such as ${logs[0]}` : ''}`);
}

function show(record: DecodedRecord, json: boolean): void {
  if (!json) {
    console.log(describeRecord(record));
    return;
  }
  const { offset, timestamp, key, value, headers } = record;
  const text = (bytes: Buffer | null): string | null => bytes?.toString('utf8') ?? null;
  const shown = headers.map((header) => [header.key, text(header.value)] as const);
  printJson({ offset, timestamp, key: text(key), value: text(value), headers: Object.fromEntries(shown) });
}

function batchFacts(batch: RecordBatch, position: number) {
  const { baseOffset, lastOffset, recordCount, sizeBytes, partitionLeaderEpoch, maxTimestamp } = batch;
  const { producerId, producerEpoch, baseSequence, isTransactional, isControl } = batch;
  return {
    baseOffset,
    lastOffset,
    recordCount,
    position,
    sizeBytes,
    leaderEpoch: partitionLeaderEpoch,
    maxTimestamp,
    compression: codecOf(batch),
    ...(producerId < 0n ? {} : { producerId, producerEpoch, baseSequence }),
    isTransactional,
    isControl,
    isIntact: batch.hasValidCrc(),
  };
}

function codecOf({ compressionCode }: RecordBatch): string {
  return CODECS.find(([code]) => code === compressionCode)?.[1] ?? `codec ${compressionCode}`;
}

function describeBatch(batch: RecordBatch, position: number): string {
  const codec = codecOf(batch);
  const producer =
    batch.producerId < 0n ? '' : ` producer=${batch.producerId}/${batch.producerEpoch} sequence=${batch.baseSequence}`;
  const flags = `${batch.isTransactional ? ' transactional' : ''}${batch.isControl ? ' control' : ''}`;
  return (
    `offsets ${batch.baseOffset}-${batch.lastOffset} records=${batch.recordCount} position=${position} size=${batch.sizeBytes}` +
    ` epoch=${batch.partitionLeaderEpoch} time=${timeOf(batch.maxTimestamp)} ${codec}${producer}${flags}` +
    ` crc=${batch.hasValidCrc() ? 'ok' : 'WRONG'}`
  );
}

function describeRecord({ offset, timestamp, key, value, headers }: DecodedRecord): string {
  const shown = headers.map((header) => `${header.key}=${textOf(header.value)}`).join(', ');
  return `  ${offset} ${timeOf(timestamp)} key=${textOf(key)}${shown === '' ? '' : ` headers={${shown}}`} value=${textOf(value)}`;
}

function timeOf(timestamp: bigint): string {
  const time = new Date(Number(timestamp));
  return timestamp < 0n || Number.isNaN(time.getTime()) ? String(timestamp) : time.toISOString();
}

function textOf(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  const text = bytes.toString('utf8');
  return JSON.stringify(text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
}
