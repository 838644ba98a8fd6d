import { Random, seedOf } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** A run that failed: everything that is needed to have it again. */
export class FuzzRunError extends Error {
  override readonly name = 'FuzzRunError';
  constructor(target: FuzzTarget, seed: number, run: number, input: Buffer, cause: unknown) {
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(
      `${target.name}: ${detail}\n  input (${input.length} bytes): ${input.toString('hex')}\n` +
        `  again: npm run fuzz -- --seed ${seed} --target "${target.name}" --run ${run}`,
      { cause },
    );
  }
}

/** One run of one target. @throws FuzzRunError with the smallest input that was found */
export function runOnce(target: FuzzTarget, seed: number, run: number): void {
  const input = target.generate(new Random(seedOf(seed, target.name, run)));
  const failure = failureOf(target, input);
  if (failure === null) return;
  const smallest = shrink(target, input);
  throw new FuzzRunError(target, seed, run, smallest, failureOf(target, smallest)?.error ?? failure.error);
}

function failureOf(target: FuzzTarget, input: Buffer): { readonly error: unknown } | null {
  try {
    target.check(input);
    return null;
  } catch (error) {
    return { error };
  }
}

const SHRINK_CHECKS_MAX = 2_000;

/** Cuts pieces away, large ones first, as long as the input still fails. */
function shrink(target: FuzzTarget, input: Buffer): Buffer {
  let smallest = input;
  let checks = 0;
  for (let size = input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= smallest.length && checks < SHRINK_CHECKS_MAX;) {
      checks += 1;
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if (failureOf(target, shorter) === null) at += size;
      else smallest = shorter;
    }
  }
  return smallest;
}
