import type { Reader, TagReader } from './reader.js';
import { includes, type Field, type Fields, type ScalarKind } from './schema.js';
import { WireError } from './wire-error.js';
import { Writer } from './writer.js';

/** Decoder and encoder of one type in one version. */
export interface Codec<T = unknown> {
  readonly decode: (reader: Reader) => T;
  readonly encode: (writer: Writer, value: T) => void;
  /** The least bytes that a value occupies: bounds what an array may claim. */
  readonly bytesMin: number;
}

type Struct = Record<string, unknown>;

interface TaggedField {
  readonly name: string;
  readonly tag: number;
  readonly defaultValue: unknown;
  readonly codec: Codec;
}

/** Builds the codec of a structure once; callers keep it (see messages.ts). */
export function compileStruct(fields: Fields, version: number, flexible: boolean): Codec<Struct> {
  const names = Object.keys(fields);
  const present = names.filter((name) => fields[name]!.tag === null && includes(fields[name]!.versions, version));
  const codecs = present.map((name) => compileField(fields[name]!, version, flexible));
  const tagged = flexible ? compileTagged(fields, version) : [];
  // A field that this version lacks may be dropped only if its definition says so.
  const undroppable = names
    .filter((name) => !present.includes(name) && !tagged.some((field) => field.name === name))
    .filter((name) => !fields[name]!.ignorable);
  const bytesMin = codecs.reduce((sum, codec) => sum + codec.bytesMin, flexible ? 1 : 0);
  return {
    bytesMin,
    decode: structDecoder(fields, present, codecs, tagged, flexible),
    encode: structEncoder(fields, present, codecs, tagged, flexible, undroppable, version),
  };
}

function structDecoder(
  fields: Fields,
  present: readonly string[],
  codecs: readonly Codec[],
  tagged: readonly TaggedField[],
  flexible: boolean,
): (reader: Reader) => Struct {
  // Every object gets every field in the order of the definition, so that all have one hidden class.
  const names = Object.keys(fields);
  const defaults = names.map((name) => fields[name]!.defaultValue);
  const decoders = names.map((name) => codecs[present.indexOf(name)]?.decode ?? null);
  const knownTags = tagged.length === 0 ? null : tagReaders(tagged);
  return (reader) => {
    const value: Struct = {};
    for (let index = 0; index < names.length; index++) {
      const decode = decoders[index];
      value[names[index]!] = decode ? decode(reader) : defaults[index];
    }
    if (flexible) reader.taggedFields(knownTags, value);
    return value;
  };
}

function tagReaders(tagged: readonly TaggedField[]): ReadonlyMap<number, TagReader<Struct>> {
  return new Map(
    tagged.map(({ tag, name, codec }) => [
      tag,
      (reader, target) => {
        target[name] = codec.decode(reader);
      },
    ]),
  );
}

function structEncoder(
  fields: Fields,
  present: readonly string[],
  codecs: readonly Codec[],
  tagged: readonly TaggedField[],
  flexible: boolean,
  undroppable: readonly string[],
  version: number,
): (writer: Writer, value: Struct) => void {
  const defaults = present.map((name) => fields[name]!.defaultValue);
  return (writer, value) => {
    for (let index = 0; index < present.length; index++) {
      const given = value[present[index]!];
      codecs[index]!.encode(writer, given === undefined ? defaults[index] : given);
    }
    for (const name of undroppable) {
      const given = value[name];
      if (given !== undefined && !sameValue(given, fields[name]!.defaultValue)) {
        throw new WireError('NOT_ENCODABLE', writer.length, `${name} has a value, but version ${version} lacks it`);
      }
    }
    if (flexible) encodeTagged(writer, value, tagged);
  };
}

function encodeTagged(writer: Writer, value: Struct, tagged: readonly TaggedField[]): void {
  if (tagged.length === 0) {
    writer.uvarint(0);
    return;
  }
  const given = tagged.filter(({ name, defaultValue }) => {
    const field = value[name];
    return field !== undefined && !sameValue(field, defaultValue);
  });
  writer.uvarint(given.length);
  for (const { tag, name, codec } of given) {
    const content = new Writer();
    codec.encode(content, value[name]);
    writer.uvarint(tag);
    writer.uvarint(content.length);
    writer.appendAll(content);
  }
}

function compileTagged(fields: Fields, version: number): TaggedField[] {
  return Object.entries(fields)
    .flatMap(([name, field]) =>
      field.tag === null || !includes(field.versions, version)
        ? []
        : [{ name, tag: field.tag, defaultValue: field.defaultValue, codec: compileField(field, version, true) }],
    )
    .sort((left, right) => left.tag - right.tag);
}

function compileField(field: Field, version: number, flexible: boolean): Codec {
  const nullable = includes(field.nullable, version);
  const { shape } = field;
  switch (shape.kind) {
    case 'scalar':
      return scalarCodec(shape.scalar, flexible, nullable);
    case 'struct':
      return structFieldCodec(compileStruct(shape.fields, version, flexible), nullable);
    case 'array': {
      const element =
        'scalar' in shape.element
          ? scalarCodec(shape.element.scalar, flexible, false)
          : asCodec(compileStruct(shape.element.fields, version, flexible));
      return arrayCodec(element, flexible, nullable);
    }
  }
}

function structFieldCodec(codec: Codec<Struct>, nullable: boolean): Codec {
  if (!nullable) return asCodec(codec);
  return asCodec<Struct | null>({
    bytesMin: 1,
    decode: (reader) => (reader.int8() < 0 ? null : codec.decode(reader)),
    encode: (writer, value) => {
      writer.int8(value === null ? -1 : 1);
      if (value !== null) codec.encode(writer, value);
    },
  });
}

function arrayCodec(element: Codec, compact: boolean, nullable: boolean): Codec {
  const { decode, encode, bytesMin } = element;
  return asCodec<readonly unknown[] | null>({
    bytesMin: compact ? 1 : 4,
    decode: (reader) => {
      const length = reader.arrayLength(compact, bytesMin);
      if (length < 0) {
        if (nullable) return null;
        throw new WireError('NULL_NOT_ALLOWED', reader.position, 'null where an array must be');
      }
      const values: unknown[] = [];
      for (let index = 0; index < length; index++) values.push(decode(reader));
      return values;
    },
    encode: (writer, values) => {
      if (values === null) {
        if (!nullable) throw nullUnfit(writer);
        writer.arrayLength(-1, compact);
        return;
      }
      writer.arrayLength(values.length, compact);
      for (const value of values) encode(writer, value);
    },
  });
}

function scalarCodec(kind: ScalarKind, compact: boolean, nullable: boolean): Codec {
  switch (kind) {
    case 'int8':
      return asCodec<number>({ bytesMin: 1, decode: (r) => r.int8(), encode: (w, v) => w.int8(v) });
    case 'int16':
      return asCodec<number>({ bytesMin: 2, decode: (r) => r.int16(), encode: (w, v) => w.int16(v) });
    case 'uint16':
      return asCodec<number>({ bytesMin: 2, decode: (r) => r.uint16(), encode: (w, v) => w.uint16(v) });
    case 'int32':
      return asCodec<number>({ bytesMin: 4, decode: (r) => r.int32(), encode: (w, v) => w.int32(v) });
    case 'int64':
      return asCodec<bigint>({ bytesMin: 8, decode: (r) => r.int64(), encode: (w, v) => w.int64(v) });
    case 'float64':
      return asCodec<number>({ bytesMin: 8, decode: (r) => r.float64(), encode: (w, v) => w.float64(v) });
    case 'boolean':
      return asCodec<boolean>({ bytesMin: 1, decode: (r) => r.boolean(), encode: (w, v) => w.boolean(v) });
    case 'uuid':
      return asCodec<string>({ bytesMin: 16, decode: (r) => r.uuid(), encode: (w, v) => w.uuid(v) });
    case 'string':
      return stringCodec(compact, nullable);
    case 'bytes':
    case 'records':
      return bytesCodec(compact, nullable);
  }
}

function stringCodec(compact: boolean, nullable: boolean): Codec {
  return asCodec<string | null>({
    bytesMin: compact ? 1 : 2,
    decode: nullable ? (reader) => reader.nullableString(compact) : (reader) => reader.string(compact),
    encode: (writer, value) => {
      if (value === null && !nullable) throw nullUnfit(writer);
      writer.string(value, compact);
    },
  });
}

function bytesCodec(compact: boolean, nullable: boolean): Codec {
  return asCodec<Uint8Array | readonly Uint8Array[] | null>({
    bytesMin: compact ? 1 : 4,
    decode: nullable ? (reader) => reader.nullableBytes(compact) : (reader) => reader.bytes(compact),
    encode: (writer, value) => {
      if (value === null && !nullable) throw nullUnfit(writer);
      writer.bytes(value, compact);
    },
  });
}

function nullUnfit(writer: Writer): WireError {
  return new WireError('NOT_ENCODABLE', writer.length, 'null in a field that is not nullable in this version');
}

/** Equality with a default: plain values, empty arrays, and structures of those. */
function sameValue(given: unknown, defaultValue: unknown): boolean {
  if (given === defaultValue) return true;
  if (Array.isArray(defaultValue)) return Array.isArray(given) && given.length === 0;
  if (given instanceof Uint8Array) return defaultValue instanceof Uint8Array && given.length === 0;
  if (!isStruct(given) || !isStruct(defaultValue)) return false;
  return Object.entries(defaultValue).every(([name, expected]) => {
    const field = given[name];
    return field === undefined || sameValue(field, expected);
  });
}

function isStruct(value: unknown): value is Struct {
  return typeof value === 'object' && value !== null;
}

/** A schema's codecs are kept without their types: messages.ts gives the types back at the surface, from the same schema. */
function asCodec<T>(codec: Codec<T>): Codec {
  return codec as Codec;
}
