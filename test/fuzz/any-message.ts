import { includes, type Field, type Fields, type ScalarKind } from 'streaming-core/wire/schema';
import type { Random } from './random.ts';

const TEXTS: readonly string[] = [
  '',
  'a',
  'rides',
  'a-group',
  '__consumer_offsets',
  '__proto__',
  '../x',
  '.',
  'a\0b',
  'ü€😀',
  'x'.repeat(300),
];
const INT32 = [0, 1, -1, 2, 3, 5, 100, 0x7fffffff, -0x80000000, 60_000];
const INT64 = [0n, 1n, -1n, -2n, -3n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 1_700_000_000_000n];

/** Values to draw from besides those that every target draws from: names and ids that exist, say. */
export interface Hints {
  readonly texts: readonly string[];
  readonly uuids: readonly string[];
  readonly bytes: readonly Buffer[];
}

const NO_HINTS: Hints = { texts: [], uuids: [], bytes: [] };

/** A message of a schema in one version, full of edge values; what the version lacks has its default. */
export function anyMessage(
  random: Random,
  fields: Fields,
  version: number,
  isFlexible: boolean,
  hints = NO_HINTS,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, anyField(random, field, version, isFlexible, hints)]),
  );
}

function anyField(random: Random, field: Field, version: number, isFlexible: boolean, hints: Hints): unknown {
  const isLeftOut = field.tag !== null && (!isFlexible || random.oneIn(2));
  if (!includes(field.versions, version) || isLeftOut) return field.defaultValue;
  if (includes(field.nullable, version) && random.oneIn(4)) return null;
  const { shape } = field;
  if (shape.kind === 'scalar') return anyScalar(random, shape.scalar, hints);
  if (shape.kind === 'struct') return anyMessage(random, shape.fields, version, isFlexible, hints);
  const { element } = shape;
  return Array.from({ length: random.below(4) }, () =>
    'fields' in element
      ? anyMessage(random, element.fields, version, isFlexible, hints)
      : anyScalar(random, element.scalar, hints),
  );
}

function anyScalar(random: Random, kind: ScalarKind, hints: Hints): unknown {
  switch (kind) {
    case 'int8':
      return random.pick([0, 1, 2, 3, -1, 127, -128]);
    case 'int16':
      return random.pick([0, 1, -1, 3, 0x7fff, -0x8000]);
    case 'uint16':
      return random.pick([0, 9092, 0xffff]);
    case 'int32':
      return random.pick(INT32);
    case 'int64':
      return random.pick(INT64);
    case 'float64':
      return random.pick([0, -0.5, 1e300, Infinity]);
    case 'boolean':
      return random.oneIn(2);
    case 'string':
      return random.pick(hints.texts.length > 0 && !random.oneIn(4) ? hints.texts : TEXTS);
    case 'uuid':
      if (hints.uuids.length > 0 && !random.oneIn(4)) return random.pick(hints.uuids);
      return random.bytes(16).toString('base64url');
    case 'bytes':
    case 'records':
      if (hints.bytes.length > 0 && !random.oneIn(4)) return random.pick(hints.bytes);
      return random.bytes(random.pick([0, 1, 2, 30, 1100]));
  }
}
