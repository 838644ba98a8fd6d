import { describe, expect, it } from '@jest/globals';
import { murmur2, partitionOfKey } from './murmur2.js';

describe('murmur2', () => {
  // The vectors of Apache Kafka's UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as the Java client does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('takes keys that are no text as they are', () => {
    const key = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    expect(partitionOfKey(key, 1_000)).toBe((murmur2(key) & 0x7fffffff) % 1_000);
    expect(partitionOfKey(key, 1_000)).not.toBe(partitionOfKey(key.toString(), 1_000));
    expect(partitionOfKey(Buffer.from('ride-1'), 12)).toBe(partitionOfKey('ride-1', 12));
  });

  it('gives every key one of the partitions', () => {
    const used = new Set(Array.from({ length: 1000 }, (_, i) => partitionOfKey(`key-${i}`, 12)));
    expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });
});
