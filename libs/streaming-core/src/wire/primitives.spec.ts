import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Reader } from './reader.js';
import { Writer } from './writer.js';

const int64s = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int32s = fc.integer({ min: -0x80000000, max: 0x7fffffff });

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  write(writer);
  return Buffer.concat(writer.finish());
}

describe('varints', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [0xffffffff, 'ffffffff0f'],
  ])('unsigned %d', (value, hex) => {
    expect(written((writer) => writer.uvarint(value)).toString('hex')).toBe(hex);
    expect(new Reader(Buffer.from(hex, 'hex')).uvarint()).toBe(value);
  });

  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [-64, '7f'],
    [64, '8001'],
    [-0x80000000, 'ffffffff0f'],
    [0x7fffffff, 'feffffff0f'],
  ])('zigzag %d', (value, hex) => {
    expect(written((writer) => writer.varint(value)).toString('hex')).toBe(hex);
    expect(new Reader(Buffer.from(hex, 'hex')).varint()).toBe(value);
    expect(new Reader(Buffer.from(hex, 'hex')).varlong()).toBe(BigInt(value));
  });

  it('any value comes back', () => {
    fc.assert(
      fc.property(int32s, int64s, (small, large) => {
        const reader = new Reader(
          written((writer) => {
            writer.varint(small);
            writer.varlong(large);
            writer.uvarint(small >>> 0);
          }),
        );
        expect([reader.varint(), reader.varlong(), reader.uvarint()]).toEqual([small, large, small >>> 0]);
        reader.expectEnd();
      }),
    );
  });

  it('of more than 64 bits are refused', () => {
    const bytes = Buffer.from('ffffffffffffffffff02', 'hex');
    expect(() => new Reader(bytes).varlong()).toThrow(expect.objectContaining({ code: 'OVERLONG_VARINT' }));
  });
});

describe('Writer', () => {
  it('keeps the order over chunk borders, whatever is copied or referenced', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (parts, size) => {
          const writer = new Writer(size);
          writer.int32(0);
          for (const part of parts) {
            writer.int16(part.length);
            writer.append(part);
          }
          writer.patchFirstInt32(parts.length);
          const { length } = writer;
          const bytes = Buffer.concat(writer.finish());
          expect(bytes.length).toBe(length);
          const reader = new Reader(bytes);
          expect(reader.int32()).toBe(parts.length);
          for (const part of parts) expect(reader.bytesOf(reader.int16()).equals(part)).toBe(true);
          reader.expectEnd();
        },
      ),
    );
  });
});

describe('Writer', () => {
  it('writes every primitive whole where one chunk ends and the next begins', () => {
    const writes: ((writer: Writer) => void)[] = [
      (writer) => writer.boolean(true),
      (writer) => writer.int8(0x5a),
      (writer) => writer.uvarint(0xffffffff),
      (writer) => writer.varlong(-(2n ** 63n)),
      (writer) => writer.int64(0x0102030405060708n),
      (writer) => writer.uuid('AQIDBAUGBwgJCgsMDQ4PEA'),
      (writer) => writer.string('ridé', true),
    ];
    for (const write of writes) {
      const alone = written(write);
      for (let before = 480; before <= 520; before++) {
        const bytes = written((writer) => {
          for (let index = 0; index < before; index++) writer.int8(7);
          write(writer);
        });
        expect(bytes.equals(Buffer.concat([Buffer.alloc(before, 7), alone]))).toBe(true);
      }
    }
  });
});

describe('Reader', () => {
  it('never reads past the end it was given', () => {
    const buffer = Buffer.alloc(16, 1);
    const reader = new Reader(buffer, 4, 8);
    expect(reader.remaining).toBe(4);
    reader.int16();
    expect(() => reader.int32()).toThrow(expect.objectContaining({ code: 'UNDERFLOW', offset: 6 }));
  });

  it('reads text of every length and script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (text, compact) => {
        expect(new Reader(written((writer) => writer.string(text, compact))).string(compact)).toBe(text);
      }),
    );
  });
});

describe('64-bit integers', () => {
  it('are the same as through Buffer, at every size', () => {
    const edges = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    const anyInt64 = fc.oneof(int64s, fc.constantFrom(...edges.flatMap((edge) => [edge, -edge, -edge - 1n])));
    fc.assert(
      fc.property(anyInt64, (value) => {
        const expected = Buffer.alloc(8);
        expected.writeBigInt64BE(value);
        expect(written((writer) => writer.int64(value)).equals(expected)).toBe(true);
        expect(new Reader(expected).int64()).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  it('past 64 bits are refused', () => {
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n, 2n ** 70n]) {
      expect(() => written((writer) => writer.int64(value))).toThrow(
        expect.objectContaining({ code: 'NOT_ENCODABLE' }),
      );
    }
  });
});
