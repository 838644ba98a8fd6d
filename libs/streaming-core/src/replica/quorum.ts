import { strict as assert } from 'node:assert';

/**
 * How far each voter of a partition has the log on its disk, and from that how far the log is committed: up to the largest
 * offset that a majority has. Pure. With one voter that is the voter's own durable end.
 */
export class Quorum {
  private readonly ends: Map<number, bigint>;

  constructor(
    voters: readonly number[],
    /**
     * Where the leader's epoch begins. An older epoch's records are committed only together with something of this one (the
     * Raft paper, 5.4.2); the zero-width start of the epoch itself counts as something.
     */
    private readonly epochStartOffset: bigint,
  ) {
    assert(voters.length > 0, 'a partition has at least one voter');
    this.ends = new Map(voters.map((voter) => [voter, -1n]));
  }

  /** A voter has all before `endOffset`. Later word counts: a failed sync may take some back. */
  acknowledge(voter: number, endOffset: bigint): void {
    assert(this.ends.has(voter), `node ${voter} is a voter`);
    this.ends.set(voter, endOffset);
  }

  /** The offset before which all is committed, or null if this epoch has committed nothing yet. */
  committedOffset(): bigint | null {
    const ends = [...this.ends.values()].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
    const majority = Math.floor(ends.length / 2);
    const committed = ends[majority]!;
    return committed >= this.epochStartOffset ? committed : null;
  }
}
