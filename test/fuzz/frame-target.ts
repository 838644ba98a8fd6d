import { FrameError, FrameSplitter } from 'streaming-core/wire/frame';
import { mutate } from './mutate.ts';
import { Random, seedOf } from './random.ts';
import { expectSame, expectSmallAllocation, FuzzFailure, unlessRefused, type FuzzTarget } from './target.ts';

const LIMITS = { frameBytesMin: 10, frameBytesMax: 1 << 20 };

/** A stream of frames, however it is cut into chunks: gives the same frames, or ends with the same FrameError. */
export const FRAME_TARGET: FuzzTarget = {
  name: 'frames',
  generate: (random) => {
    const frames = Array.from({ length: 1 + random.below(5) }, () => {
      const size = Buffer.alloc(4);
      const body = random.bytes(10 + random.below(random.oneIn(10) ? 10_000 : 100));
      size.writeInt32BE(body.length);
      return Buffer.concat([size, body]);
    });
    const stream = Buffer.concat(frames);
    return random.oneIn(2) ? stream : mutate(random, stream);
  },
  check: (stream) => {
    const random = new Random(seedOf('chunks', stream.length));
    expectSmallAllocation(stream.length, () => split([stream]));
    const whole = split([stream]);
    const pieces = split(chunksOf(random, stream));
    if (whole.error !== pieces.error || whole.frames.length !== pieces.frames.length) {
      throw new FuzzFailure(
        `${whole.frames.length} frames and ${whole.error}, in pieces ${pieces.frames.length} and ${pieces.error}`,
      );
    }
    for (const [index, frame] of whole.frames.entries())
      expectSame(pieces.frames[index]!, frame, `frame ${index} in pieces`);
  },
};

function split(chunks: readonly Buffer[]): { readonly frames: Buffer[]; readonly error: string | null } {
  const splitter = new FrameSplitter(LIMITS);
  const frames: Buffer[] = [];
  let error: string | null = null;
  const isFrameError = (thrown: unknown): boolean => {
    if (!(thrown instanceof FrameError)) return false;
    error = thrown.code;
    return true;
  };
  for (const chunk of chunks) unlessRefused(() => splitter.push(chunk, (frame) => frames.push(frame)), isFrameError);
  return { frames, error };
}

function chunksOf(random: Random, stream: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const length = 1 + random.below(random.oneIn(3) ? 200 : 7);
    chunks.push(stream.subarray(at, at + length));
    at += length;
  }
  return chunks;
}
