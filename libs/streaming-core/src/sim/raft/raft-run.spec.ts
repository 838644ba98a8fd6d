import { describe, expect, it } from '@jest/globals';
import { findMutant, RAFT_MUTANTS } from './raft-mutants.js';
import { runRaftSeed } from './raft-run.js';

const SEEDS = 200;

function broken(seeds: readonly number[]): string[] {
  return seeds.flatMap((seed) => {
    try {
      runRaftSeed({ seed });
      return [];
    } catch (error) {
      return [`seed ${seed}: ${String(error)}`];
    }
  });
}

describe('a raft group in a world where everything fails', () => {
  it('keeps what is committed, and heals', () => {
    expect(broken(Array.from({ length: SEEDS }, (_, i) => i + 1))).toEqual([]);
  });

  it('does the same again with the same seed', () => {
    const traceOf = (seed: number) => {
      const lines: string[] = [];
      runRaftSeed({ seed, trace: (line) => lines.push(line) });
      return lines;
    };
    expect(traceOf(7)).toEqual(traceOf(7));
    expect(traceOf(7)).not.toEqual(traceOf(8));
  });

  // What this seed once broke, and breaks again without the line that mended it.
  it.each<[string, number]>([['elects who is about to leave if nobody else has the whole log', 893]])(
    '%s',
    (_, seed) => {
      expect(broken([seed])).toEqual([]);
    },
  );
});

describe('a fault of ours is found', () => {
  /** How many seeds it takes at the most; by this the checkers are known to bite. */
  it.each(RAFT_MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', (_, mutant) => {
    expect(findMutant(mutant, mutant.seedsToFind)).not.toBeNull();
  });
});
