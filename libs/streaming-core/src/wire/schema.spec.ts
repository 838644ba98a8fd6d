import { describe, expect, it } from '@jest/globals';
import { compileStruct } from './compile.js';
import { Reader } from './reader.js';
import {
  array,
  boolean,
  float64,
  includes,
  int32,
  int64,
  int8,
  parseVersions,
  string,
  struct,
  uint16,
  type InputOf,
  type MessageOf,
  type Versions,
} from './schema.js';
import { Writer } from './writer.js';

const SHOP = {
  name: string('0+'),
  port: uint16('1+', { ignorable: true }),
  weight: float64('0-1', { default: 0.5 }),
  owner: struct('0+', { id: int64('0+'), nick: string('2+', { nullable: '2+', default: null }) }, { nullable: '1+' }),
  flags: array('2+', { open: boolean('3+') }),
  rating: int8('2+', { default: -1, tag: 3 }),
};

const message: MessageOf<typeof SHOP> = {
  name: 'n',
  port: 0,
  weight: 0.5,
  owner: { id: 5n, nick: null },
  flags: [],
  rating: -1,
};

function encode(version: number, input: InputOf<typeof SHOP>): Buffer {
  const writer = new Writer();
  compileStruct(SHOP, version, version >= 2).encode(writer, input);
  return Buffer.concat(writer.finish());
}

function decode(version: number, bytes: Buffer): unknown {
  const reader = new Reader(bytes);
  const value = compileStruct(SHOP, version, version >= 2).decode(reader);
  reader.expectEnd();
  return value;
}

describe('a schema', () => {
  it('gives fields that a version lacks their defaults', () => {
    const bytes = encode(0, { name: 'n', owner: { id: 5n } });
    expect(bytes.toString('hex')).toBe('0001' + '6e' + '3fe0000000000000' + '0000000000000005');
    expect(decode(0, bytes)).toEqual(message);
  });

  it('writes every kind of field in its version', () => {
    const full = { ...message, port: 65_535, weight: 1.25, owner: null };
    expect(decode(1, encode(1, full))).toEqual(full);
    const later = { ...message, flags: [{ open: true }, { open: false }], rating: 5, owner: { id: -1n, nick: 'x' } };
    expect(decode(3, encode(3, later))).toEqual(later);
    expect(encode(2, { ...message, rating: 5 }).toString('hex')).toMatch(/01030105$/);
  });

  it('refuses null where a version does not have it', () => {
    expect(() => encode(0, { name: 'n', owner: null })).toThrow();
    expect(() => decode(0, Buffer.from('ffff', 'hex'))).toThrow(expect.objectContaining({ code: 'NULL_NOT_ALLOWED' }));
  });

  it('refuses to drop what is not ignorable, and drops what is', () => {
    expect(encode(0, { name: 'n', owner: { id: 1n }, port: 9 })).toHaveLength(19);
    expect(() => encode(0, { name: 'n', owner: { id: 1n }, rating: 2 })).toThrow(
      expect.objectContaining({ code: 'NOT_ENCODABLE' }),
    );
    expect(() => encode(0, { name: 'n', owner: { id: 1n, nick: 'x' } })).toThrow(
      expect.objectContaining({ code: 'NOT_ENCODABLE' }),
    );
  });

  it('bounds arrays of elements that occupy nothing by the bytes that remain', () => {
    const codec = compileStruct({ nothing: array('0+', { later: int32('5+') }) }, 0, false);
    const claim = (count: number, rest: number): Buffer => {
      const bytes = Buffer.alloc(4 + rest);
      bytes.writeInt32BE(count);
      return bytes;
    };
    expect(codec.decode(new Reader(claim(2, 2)))).toEqual({ nothing: [{ later: 0 }, { later: 0 }] });
    expect(() => codec.decode(new Reader(claim(3, 2)))).toThrow(expect.objectContaining({ code: 'ARRAY_TOO_LARGE' }));
  });

  it('asks for the fields that every version has, in the types', () => {
    // @ts-expect-error name is missing
    const nameless: InputOf<typeof SHOP> = { owner: null };
    // @ts-expect-error a number where a bigint must be
    const number: InputOf<typeof SHOP> = { name: '', owner: { id: 5 } };
    // @ts-expect-error not nullable in any version
    const nothing: InputOf<typeof SHOP> = { name: null, owner: null };
    // @ts-expect-error no such field
    const unknown: InputOf<typeof SHOP> = { name: '', owner: null, colour: 1 };
    expect([nameless, number, nothing, unknown]).toHaveLength(4);
  });
});

describe('version ranges', () => {
  it.each<[Versions, number, number]>([
    ['3+', 3, Infinity],
    ['0-7', 0, 7],
    ['4', 4, 4],
  ])('%s', (text, min, max) => {
    expect(parseVersions(text)).toEqual({ min, max });
    expect([includes({ min, max }, min - 1), includes({ min, max }, min), includes({ min, max }, max)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('says so when a definition has a bad one', () => {
    expect(() => parseVersions('-1-2' as Versions)).toThrow(TypeError);
  });
});
