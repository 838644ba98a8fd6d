import type { Effect } from './raft-io.js';
import { lastEpoch, type LogTip } from './raft-log.js';
import type { Message } from './raft-messages.js';
import type { Membership, RaftState, ReplicaId } from './raft-types.js';

/** One step in the making. */
export interface Turn {
  readonly state: RaftState;
  readonly nowMs: number;
  readonly effects: Effect[];
}

export function send(turn: Turn, message: Message): void {
  turn.effects.push({ type: 'send', message });
}

/** Address of an answer or a message of one's own. */
export function envelope({ state }: Turn, to: ReplicaId): { from: ReplicaId; to: ReplicaId; epoch: number } {
  return { from: state.self, to, epoch: state.epoch };
}

export function tipOf({ log, memberships: { latest } }: RaftState): LogTip {
  return {
    epoch: lastEpoch(log),
    offset: log.endOffset,
    membershipEpoch: latest.epoch,
    membershipVersion: latest.version,
  };
}

export function isVoter(state: RaftState, replica: ReplicaId): boolean {
  return state.memberships.latest.voters.includes(replica);
}

export function othersOf(state: RaftState, replicas: readonly ReplicaId[]): readonly ReplicaId[] {
  return replicas.filter((replica) => replica !== state.self);
}

export function majorityOf({ voters }: Membership): number {
  return Math.floor(voters.length / 2) + 1;
}

/** Of a value per voter, the largest that a majority has reached; null without voters. */
export function majorityValue<T extends bigint | number>(
  membership: Membership,
  of: (voter: ReplicaId) => T,
): T | null {
  const values = membership.voters.map(of).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return values[majorityOf(membership) - 1] ?? null;
}

/** A timeout between once and twice the configured one. The generator is Marsaglia's xorshift32. */
export function electionTimeoutMs(state: RaftState): number {
  let x = state.random;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  state.random = x >>> 0;
  return state.config.electionTimeoutMs * (1 + state.random / 2 ** 32);
}
