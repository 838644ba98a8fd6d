import { describe, expect, it } from '@jest/globals';
import { runOnce } from './run.ts';
import { FuzzFailure } from './target.ts';
import { TARGETS } from './targets.ts';

/** Fixed, so that the suite takes the same time and the same path every day; `npm run fuzz` takes new ones. */
const SEED = 20_260_101;
const RUNS = 200;

describe('whatever bytes come', () => {
  it.each(TARGETS)('$name', (target) => {
    for (let run = 0; run < RUNS; run++) runOnce(target, SEED, run);
  });
});

it('tells how to have a failure again, with the smallest input', () => {
  const target = {
    name: 'no byte 7',
    generate: () => Buffer.from([1, 2, 7, 3, 4]),
    check: (input: Buffer) => {
      if (input.includes(7)) throw new FuzzFailure('there is a 7');
    },
  };
  expect(() => runOnce(target, 1, 2)).toThrow(
    'no byte 7: FuzzFailure: there is a 7\n  input (1 bytes): 07\n  again: npm run fuzz -- --seed 1 --target "no byte 7" --run 2',
  );
});
