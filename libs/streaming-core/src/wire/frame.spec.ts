import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameError, FrameSplitter } from './frame.js';

const limits = { frameBytesMax: 100_000, frameBytesMin: 4 };

function framed(...payloads: Uint8Array[]): Buffer {
  return Buffer.concat(
    payloads.flatMap((payload) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(payload.length);
      return [size, payload];
    }),
  );
}

describe('FrameSplitter', () => {
  it('gives the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 4, maxLength: 9000 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }),
        (payloads, cuts) => {
          const stream = framed(...payloads);
          const splitter = new FrameSplitter(limits);
          const frames: Buffer[] = [];
          for (let position = 0, cut = 0; position < stream.length; cut++) {
            const next = position + cuts[cut % cuts.length]!;
            // Sockets reuse nothing, but a frame must not depend on it: wipe the chunk when it was gathered.
            splitter.push(Buffer.from(stream.subarray(position, next)), (frame) => frames.push(Buffer.from(frame)));
            position = next;
          }
          expect(frames.map((frame) => frame.toString('hex'))).toEqual(
            payloads.map((payload) => Buffer.from(payload).toString('hex')),
          );
          expect(splitter.pendingBytes).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives views of the chunk for frames that lie in it', () => {
    const chunk = framed(Buffer.from('first'), Buffer.from('second'));
    const frames: Buffer[] = [];
    new FrameSplitter(limits).push(chunk, (frame) => frames.push(frame));
    expect(frames.map(String)).toEqual(['first', 'second']);
    expect(frames.every((frame) => frame.buffer === chunk.buffer)).toBe(true);
  });

  it('takes memory for the bytes that came, not for those that were promised', () => {
    const splitter = new FrameSplitter({ frameBytesMax: 2 ** 30, frameBytesMin: 4 });
    const before = process.memoryUsage().arrayBuffers;
    const start = Buffer.alloc(14);
    start.writeInt32BE(2 ** 30);
    splitter.push(start, () => undefined);
    expect(splitter.pendingBytes).toBe(14);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it('copies a frame that comes byte by byte a bounded number of times', () => {
    const payload = Buffer.alloc(60_000, 3);
    const splitter = new FrameSplitter(limits);
    const frames: Buffer[] = [];
    for (const byte of framed(payload)) splitter.push(Buffer.from([byte]), (frame) => frames.push(frame));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.equals(payload)).toBe(true);
  });

  it.each([
    ['a negative size', 'ffffffff', 'NEGATIVE_SIZE'],
    ['a size of zero', '00000000', 'TOO_SHORT'],
    ['a size under any header', '00000003', 'TOO_SHORT'],
    ['a size over the limit', '000186a1', 'TOO_LARGE'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1').toString('hex'), 'HTTP'],
    ['an HTTP response', Buffer.from('HTTP/1.1 200').toString('hex'), 'HTTP'],
    ['a TLS hello', '1603010200', 'TLS'],
  ])('refuses %s', (_, bytes, code) => {
    const splitter = new FrameSplitter(limits);
    const frames: string[] = [];
    const push = (chunk: Buffer): void => splitter.push(chunk, (frame) => frames.push(String(frame)));
    const act = (): void => push(Buffer.concat([framed(Buffer.from('good')), Buffer.from(bytes, 'hex')]));
    expect(act).toThrow(expect.objectContaining({ code }));
    expect(frames).toEqual(['good']);
    // What follows is not read as if nothing had been.
    expect(() => push(framed(Buffer.from('late')))).toThrow(FrameError);
    expect(frames).toEqual(['good']);
  });

  it('takes a frame of exactly the limit', () => {
    let length = 0;
    new FrameSplitter(limits).push(framed(Buffer.alloc(100_000)), (frame) => (length = frame.length));
    expect(length).toBe(100_000);
  });
});
