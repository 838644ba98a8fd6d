/**
 * The language in which messages are described: one definition gives the TypeScript types, the decoder and the encoder
 * (see compile.ts). Field names, version ranges and defaults are those of Apache Kafka's message definitions.
 */

/** Versions of a message, as Kafka writes them: `3+`, `0-7` or `4`. */
export type Versions = `${number}+` | `${number}-${number}` | `${number}`;

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

export interface ScalarTypes {
  int8: number;
  int16: number;
  uint16: number;
  int32: number;
  int64: bigint;
  float64: number;
  boolean: boolean;
  /** Compact in flexible versions. */
  string: string;
  /** 22 characters of base64url. */
  uuid: string;
  /** A view into the frame. */
  bytes: Buffer;
  /** Record batches as they travel: a view into the frame; on encode one or more pieces, referenced and not copied. */
  records: Buffer;
}
export type ScalarKind = keyof ScalarTypes;

/** What the encoder takes where it takes more than the decoder gives. */
export interface ScalarInputs extends Omit<ScalarTypes, 'bytes' | 'records'> {
  bytes: Uint8Array;
  records: Uint8Array | readonly Uint8Array[];
}

export interface FieldOptions<T> {
  /** Versions in which null may be sent. */
  readonly nullable?: Versions;
  /** Taken on decode in versions that lack the field, and on encode when it is left out. Else 0, '', false, [] or null. */
  readonly default?: T;
  /** May be dropped in versions that lack it. */
  readonly ignorable?: true;
  /** Travels in the tagged-field block, and only when it differs from its default. */
  readonly tag?: number;
}

export type FieldShape =
  | { readonly kind: 'scalar'; readonly scalar: ScalarKind }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'array'; readonly element: { readonly scalar: ScalarKind } | { readonly fields: Fields } };

/** One field. The last three properties exist in the type only: what decode gives, what encode takes, whether it may be left out. */
export interface Field<Out = unknown, In = unknown, Optional extends boolean = boolean> {
  readonly shape: FieldShape;
  readonly versions: VersionRange;
  readonly nullable: VersionRange | null;
  readonly defaultValue: unknown;
  readonly ignorable: boolean;
  readonly tag: number | null;
  readonly _out?: Out;
  readonly _in?: In;
  readonly _optional?: Optional;
}

export type Fields = Readonly<Record<string, Field>>;

/** A decoded message: every field present, those that its version lacks at their defaults. */
export type MessageOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer Out> ? Out : never;
};

/** A message to encode: fields with a default, and fields that not all versions have, may be left out. */
export type InputOf<F extends Fields> = Simplify<
  {
    readonly [K in keyof F as F[K] extends Field<unknown, unknown, false> ? K : never]: InputOfField<F[K]>;
  } & {
    readonly [K in keyof F as F[K] extends Field<unknown, unknown, false> ? never : K]?: InputOfField<F[K]> | undefined;
  }
>;

type Simplify<T> = { [K in keyof T]: T[K] };
type InputOfField<F> = F extends Field<unknown, infer In> ? In : never;
type OrNull<T, O> = O extends { readonly nullable: string } ? T | null : T;
type IsOptional<V, O> = V extends '0+' ? (O extends { readonly default: unknown } ? true : false) : true;
type NoOptions = FieldOptions<never>;

export const int8 = scalar('int8');
export const int16 = scalar('int16');
export const uint16 = scalar('uint16');
export const int32 = scalar('int32');
export const int64 = scalar('int64');
export const float64 = scalar('float64');
export const boolean = scalar('boolean');
export const string = scalar('string');
export const uuid = scalar('uuid');
export const bytes = scalar('bytes');
export const records = scalar('records');

/** A nested structure. */
export function struct<V extends Versions, F extends Fields, const O extends FieldOptions<null> = NoOptions>(
  versions: V,
  fields: F,
  options?: O,
): Field<OrNull<MessageOf<F>, O>, OrNull<InputOf<F>, O>, IsOptional<V, O>> {
  return defineField({ kind: 'struct', fields }, versions, options);
}

/** An array of structures. */
export function array<V extends Versions, F extends Fields, const O extends FieldOptions<null> = NoOptions>(
  versions: V,
  fields: F,
  options?: O,
): Field<OrNull<readonly MessageOf<F>[], O>, OrNull<readonly InputOf<F>[], O>, IsOptional<V, O>> {
  return defineField({ kind: 'array', element: { fields } }, versions, options);
}

/** An array of plain values. */
export function arrayOf<V extends Versions, K extends ScalarKind, const O extends FieldOptions<null> = NoOptions>(
  versions: V,
  scalarKind: K,
  options?: O,
): Field<OrNull<readonly ScalarTypes[K][], O>, OrNull<readonly ScalarInputs[K][], O>, IsOptional<V, O>> {
  return defineField({ kind: 'array', element: { scalar: scalarKind } }, versions, options);
}

export function parseVersions(versions: Versions): VersionRange {
  const parts = /^(\d+)(?:(\+)|-(\d+))?$/.exec(versions);
  if (parts === null) throw new TypeError(`"${versions}" is not a version range such as 3+, 0-7 or 4`);
  const min = Number(parts[1]);
  if (parts[2] !== undefined) return { min, max: Infinity };
  return { min, max: parts[3] === undefined ? min : Number(parts[3]) };
}

export function includes(range: VersionRange | null, version: number): boolean {
  return range !== null && version >= range.min && version <= range.max;
}

function scalar<K extends ScalarKind>(kind: K) {
  return <V extends Versions, const O extends FieldOptions<ScalarTypes[K] | null> = NoOptions>(
    versions: V,
    options?: O,
  ): Field<OrNull<ScalarTypes[K], O>, OrNull<ScalarInputs[K], O>, IsOptional<V, O>> =>
    defineField({ kind: 'scalar', scalar: kind }, versions, options);
}

function defineField(
  shape: FieldShape,
  versions: Versions,
  options: FieldOptions<unknown> = {},
): Field<never, never, never> {
  return {
    shape,
    versions: parseVersions(versions),
    nullable: options.nullable === undefined ? null : parseVersions(options.nullable),
    defaultValue: options.default === undefined ? zeroOf(shape) : options.default,
    ignorable: options.ignorable ?? false,
    tag: options.tag ?? null,
  };
}

const EMPTY_BUFFER = Buffer.alloc(0);
const EMPTY_ARRAY: readonly never[] = Object.freeze([]);
export const ZERO_UUID = 'A'.repeat(22);

function zeroOf(shape: FieldShape): unknown {
  if (shape.kind === 'array') return EMPTY_ARRAY;
  if (shape.kind === 'struct') {
    return Object.freeze(
      Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, field.defaultValue])),
    );
  }
  switch (shape.scalar) {
    case 'int64':
      return 0n;
    case 'boolean':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
    case 'records':
      return EMPTY_BUFFER;
    default:
      return 0;
  }
}
