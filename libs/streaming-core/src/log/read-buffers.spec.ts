import { describe, expect, it } from '@jest/globals';
import { ReadBuffers } from './read-buffers.js';

describe('ReadBuffers', () => {
  it('lends the same memory again once any slice of it was given back', () => {
    const buffers = new ReadBuffers();
    const first = buffers.take(100_000);
    expect(first).toHaveLength(100_000);
    expect(buffers.take(100_000).buffer).not.toBe(first.buffer);
    buffers.give(first.subarray(500, 900));
    expect(buffers.take(70_000).buffer).toBe(first.buffer);
  });

  it('takes a piece back only once, so that two readers never share it', () => {
    const buffers = new ReadBuffers();
    const piece = buffers.take(100_000);
    buffers.give(piece);
    buffers.give(piece);
    expect(buffers.take(100_000).buffer).toBe(piece.buffer);
    expect(buffers.take(100_000).buffer).not.toBe(piece.buffer);
  });

  it('leaves memory alone that it did not lend', () => {
    const buffers = new ReadBuffers();
    buffers.give(Buffer.alloc(100_000));
    buffers.give(buffers.take(100));
    expect(buffers.keptBytes).toBe(0);
  });

  it('serves what is larger than its largest piece, and keeps a bounded amount', () => {
    const buffers = new ReadBuffers();
    expect(buffers.take(5 << 20)).toHaveLength(5 << 20);
    const many = Array.from({ length: 40 }, () => buffers.take(1 << 20));
    for (const piece of many) buffers.give(piece);
    expect(buffers.keptBytes).toBeLessThanOrEqual(16 << 20);
    expect(buffers.keptBytes).toBeGreaterThan(8 << 20);
  });
});
