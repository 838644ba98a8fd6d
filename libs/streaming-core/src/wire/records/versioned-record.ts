/**
 * Keys and values of the internal topics, as Apache Kafka writes them: a version of two bytes, then the message in that version.
 * A type is described in the same language as a request (see schema.ts):
 *
 * ```ts
 * const KEY = defineRecord({ name: 'TransactionLogKey', versions: '0', flexibleFrom: Infinity, fields: { transactionalId: string('0+') } });
 * const bytes = encodeRecord(KEY, 0, { transactionalId: 'billing' });
 * const decoded = decodeRecord(KEY, bytes); // { version: 0, message: { transactionalId: 'billing' } }
 * ```
 */
import { compileStruct, type Codec } from '../compile.js';
import { Reader } from '../reader.js';
import {
  includes,
  parseVersions,
  type Fields,
  type InputOf,
  type MessageOf,
  type VersionRange,
  type Versions,
} from '../schema.js';
import { WireError } from '../wire-error.js';
import { Writer } from '../writer.js';

export interface RecordType<F extends Fields = Fields> {
  readonly name: string;
  readonly versions: VersionRange;
  /** The first version with compact lengths and tagged fields; Infinity if there is none. */
  readonly flexibleFrom: number;
  readonly fields: F;
  /** By version, made on first use. */
  readonly codecs: Map<number, Codec<object>>;
}

export interface DecodedRecord<F extends Fields> {
  readonly version: number;
  readonly message: MessageOf<F>;
}

export function defineRecord<F extends Fields>(definition: {
  readonly name: string;
  readonly versions: Versions;
  readonly flexibleFrom: number;
  readonly fields: F;
}): RecordType<F> {
  return { ...definition, versions: parseVersions(definition.versions), codecs: new Map() };
}

/** Throws {@link WireError} NOT_ENCODABLE. */
export function encodeRecord<F extends Fields>(type: RecordType<F>, version: number, message: InputOf<F>): Buffer {
  if (!includes(type.versions, version)) {
    throw new WireError('NOT_ENCODABLE', 0, `${type.name} has no version ${version} here`);
  }
  const writer = new Writer();
  writer.int16(version);
  codecOf(type, version).encode(writer, message);
  return Buffer.concat(writer.finish());
}

/**
 * Null for a version that is not known here: a newer broker's record, to be kept and skipped. Byte fields are views into `bytes`.
 * Throws {@link WireError} for malformed bytes, trailing ones too.
 */
export function decodeRecord<F extends Fields>(type: RecordType<F>, bytes: Buffer): DecodedRecord<F> | null {
  const reader = new Reader(bytes);
  const version = reader.int16();
  if (!includes(type.versions, version)) return null;
  const message = codecOf(type, version).decode(reader) as MessageOf<F>;
  reader.expectEnd();
  return { version, message };
}

/** The version of a key or value: key versions tell the type of the records in `__consumer_offsets`. Throws {@link WireError}. */
export function recordVersion(bytes: Buffer): number {
  return new Reader(bytes).int16();
}

function codecOf(type: RecordType, version: number): Codec<object> {
  let codec = type.codecs.get(version);
  if (codec === undefined) {
    codec = compileStruct(type.fields, version, version >= type.flexibleFrom) as unknown as Codec<object>;
    type.codecs.set(version, codec);
  }
  return codec;
}
