import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { RaftLab } from './raft-lab.js';
import type { Mutant } from './raft-replica.js';
import { figure8, RAFT_SCENARIOS } from './raft-scenarios.js';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');

/** Commits what a majority has, of whichever epoch. */
const COUNTS_OLDER_EPOCHS: Mutant = {
  name: 'commits by counting replicas of an older epoch',
  seedsToFind: 0,
  before: ({ state: { role, epoch } }, input) => {
    if (role.name !== 'leader') return input;
    role.hasLease = false;
    (role as { startOffset: bigint }).startOffset = 0n;
    const isAnswer = input.type === 'message' && input.message.type === 'append-accepted';
    return isAnswer ? { ...input, message: { ...input.message, matchEpoch: epoch } } : input;
  },
};

describe('the classic scenarios', () => {
  // To write them anew after a change that is meant: UPDATE_TRACES=1, then read the difference.
  it.each(RAFT_SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (name, { voters, play }) => {
    const lab = new RaftLab(voters);
    play(lab);
    const trace = `${lab.lines.join('\n')}\n`;
    const file = path.join(FIXTURES, `${name}.txt`);
    if (process.env['UPDATE_TRACES'] === '1') writeFileSync(file, trace);
    expect(trace).toBe(readFileSync(file, 'utf8'));
  });

  it('would lose a committed record in Figure 8 if records of older epochs were counted', () => {
    expect(() => figure8(new RaftLab(5, COUNTS_OLDER_EPOCHS))).toThrow(/leader completeness/);
  });
});
