import type { SeededRandom } from '../../ports/memory/seeded-random.js';

/** How bad a seed's world is. Rates are chances; intervals are means, in milliseconds. */
export interface FaultProfile {
  readonly voters: number;
  readonly spares: number;
  readonly loss: number;
  readonly duplication: number;
  readonly delayMs: number;
  /** Of messages that come much later than the others. */
  readonly lateness: number;
  readonly syncMs: number;
  readonly syncFailure: number;
  readonly crashEveryMs: number;
  readonly partitionEveryMs: number;
  readonly emptyDiskEveryMs: number;
  readonly memberChangeEveryMs: number;
  readonly transferEveryMs: number;
  readonly retentionEveryMs: number;
  readonly pauseEveryMs: number;
  readonly writeEveryMs: number;
}

/** Draws a profile: most kinds of faults are off in some seeds, so that others have room. */
export function drawFaults(random: SeededRandom): FaultProfile {
  const some = (chance: number, value: () => number) => (random.next() < chance ? value() : 0);
  const every = (chance: number, leastMs: number, mostMs: number) =>
    some(chance, () => leastMs + random.int(mostMs - leastMs)) || Infinity;
  return {
    voters: [1, 2, 3, 3, 3, 3, 4, 5][random.int(8)]!,
    spares: random.int(3),
    loss: some(0.6, () => random.next() * 0.2),
    duplication: some(0.5, () => random.next() * 0.2),
    delayMs: [2, 10, 10, 40, 120][random.int(5)]!,
    lateness: some(0.5, () => random.next() * 0.1),
    syncMs: [1, 5, 20, 80][random.int(4)]!,
    syncFailure: some(0.4, () => random.next() * 0.1),
    crashEveryMs: every(0.7, 200, 2500),
    partitionEveryMs: every(0.7, 300, 2500),
    emptyDiskEveryMs: every(0.3, 1500, 5000),
    memberChangeEveryMs: every(0.5, 200, 2000),
    transferEveryMs: every(0.4, 300, 2000),
    retentionEveryMs: every(0.4, 300, 2000),
    pauseEveryMs: every(0.4, 300, 2000),
    writeEveryMs: 5 + random.int(60),
  };
}

export type Cut = (from: number, to: number) => boolean;

/** Who does not hear whom: one node alone, one way only, one link, or two halves. */
export function drawPartition(
  random: SeededRandom,
  nodes: number,
): { readonly cut: Cut; readonly isolated: number | null } {
  const kind = random.int(6);
  const one = 1 + random.int(nodes);
  const other = 1 + random.int(nodes);
  if (kind === 0) return { cut: (from, to) => from === one || to === one, isolated: one };
  if (kind === 1) return { cut: (from) => from === one, isolated: null };
  if (kind === 2) return { cut: (_from, to) => to === one, isolated: null };
  if (kind === 3) return { cut: (from, to) => from === one && to === other, isolated: null };
  if (kind === 4)
    return { cut: (from, to) => [one, other].includes(from) && [one, other].includes(to), isolated: null };
  const side = new Set<number>();
  for (let node = 1; node <= nodes; node++) if (random.next() < 0.5) side.add(node);
  return { cut: (from, to) => side.has(from) !== side.has(to), isolated: null };
}
