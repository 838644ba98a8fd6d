import fc from 'fast-check';
import { includes, type Field, type Fields, type ScalarKind } from '../../src/wire/schema.js';

/** Messages to test with, built from a schema alone. */
export type AnyMessage = Record<string, unknown>;

/**
 * The message behind the golden bytes: every value follows from its field's name, so that bytes in a wrong place show.
 * `full` has one element in each array of structures, two in each array of values, and every tagged field; the other kind
 * has nulls where they may be, and nothing else.
 */
export function sampleMessage(fields: Fields, version: number, full: boolean): AnyMessage {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      includes(field.versions, version) && (full || field.tag === null)
        ? sampleValue(name, field, version, full)
        : field.defaultValue,
    ]),
  );
}

function sampleValue(name: string, field: Field, version: number, full: boolean): unknown {
  if (!full && includes(field.nullable, version)) return null;
  const { shape } = field;
  if (shape.kind === 'scalar') return full ? sampleScalar(name, shape.scalar) : zeroScalar(shape.scalar);
  if (shape.kind === 'struct') return sampleMessage(shape.fields, version, full);
  if (!full) return [];
  if ('fields' in shape.element) return [sampleMessage(shape.element.fields, version, true)];
  const value = sampleScalar(name, shape.element.scalar);
  return [value, value];
}

function sampleScalar(name: string, kind: ScalarKind): unknown {
  const sum = Buffer.from(name).reduce((total, byte) => total + byte, 0);
  switch (kind) {
    case 'int8':
      return (sum % 100) + 1;
    case 'int16':
      return sum;
    case 'uint16':
      return 50_000 + sum;
    case 'int32':
      return 1_000_000 + sum;
    case 'int64':
      return 2n ** 53n + 1n + BigInt(sum);
    case 'float64':
      return sum / 8;
    case 'boolean':
      return true;
    case 'string':
      return name;
    case 'uuid':
      return Buffer.from(Array.from({ length: 16 }, (_, index) => (sum + index) % 256)).toString('base64url');
    case 'bytes':
    case 'records':
      return Buffer.from(name);
  }
}

function zeroScalar(kind: ScalarKind): unknown {
  switch (kind) {
    case 'int64':
      return 0n;
    case 'boolean':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return 'A'.repeat(22);
    case 'bytes':
    case 'records':
      return Buffer.alloc(0);
    default:
      return 0;
  }
}

/** Any message of a schema in one version; what the version lacks has its default. */
export function anyMessage(fields: Fields, version: number, flexible: boolean): fc.Arbitrary<AnyMessage> {
  return fc.record(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, anyField(field, version, flexible)])),
  );
}

function anyField(field: Field, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  if (!includes(field.versions, version) || (field.tag !== null && !flexible)) return fc.constant(field.defaultValue);
  const value = anyValue(field, version, flexible);
  return includes(field.nullable, version) ? fc.option(value, { nil: null, freq: 4 }) : value;
}

function anyValue({ shape }: Field, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  if (shape.kind === 'scalar') return anyScalar(shape.scalar);
  if (shape.kind === 'struct') return anyMessage(shape.fields, version, flexible);
  const element =
    'fields' in shape.element ? anyMessage(shape.element.fields, version, flexible) : anyScalar(shape.element.scalar);
  return fc.array<unknown>(element, { maxLength: 3 });
}

function anyScalar(kind: ScalarKind): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f });
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff });
    case 'int32':
      return fc.integer({ min: -0x80000000, max: 0x7fffffff });
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'float64':
      return fc.double({ noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 80 });
    case 'uuid':
      return anyBytes(16, 16).map((bytes) => bytes.toString('base64url'));
    case 'bytes':
    case 'records':
      // Past a kilobyte the writer stops copying.
      return fc.oneof({ weight: 9, arbitrary: anyBytes(0, 40) }, { weight: 1, arbitrary: anyBytes(1000, 1100) });
  }
}

function anyBytes(minLength: number, maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));
}
