import type { Effect, Input } from '../../raft/raft-io.js';
import { epochAt } from '../../raft/raft-log.js';
import type { Message } from '../../raft/raft-messages.js';
import { RaftProgressError } from './raft-checkers.js';
import type { Mutant, SimReplica } from './raft-replica.js';
import { runRaftSeed } from './raft-run.js';

type Change = (replica: SimReplica, message: Message) => Message;

/** Changes what a replica receives. */
function onReceive(change: Change): NonNullable<Mutant['before']> {
  return (replica, input) => (input.type === 'message' ? { ...input, message: change(replica, input.message) } : input);
}

/** Loses effects of a kind. */
function without(...types: Effect['type'][]): NonNullable<Mutant['after']> {
  return (_replica, effects) => effects.filter(({ type }) => !types.includes(type));
}

/** Answers a pre-vote in the name of everybody. */
function grantAllPreVotes(replica: SimReplica, input: Input): Input {
  const { role } = replica.state;
  if (role.name === 'candidate' && role.isPreVote) {
    for (const voter of replica.state.memberships.latest.voters) role.granted.add(voter);
    const from = replica.state.memberships.latest.voters.find((voter) => voter !== replica.id) ?? replica.id;
    const { epoch } = replica.state;
    const message = { from, to: replica.id, epoch, proposedEpoch: epoch + 1, isGranted: true } as const;
    return input.type === 'tick' ? { type: 'message', message: { type: 'pre-vote-response', ...message } } : input;
  }
  return input;
}

/**
 * Ways to break consensus, each put in from outside at the seam of {@link Mutant}. The simulation must find each; how many seeds that
 * takes is asserted in raft-run.spec.ts.
 */
export const RAFT_MUTANTS: readonly Mutant[] = [
  { name: 'follower and leader confirm before fsync', seedsToFind: 10, claimsSync: () => true },
  {
    name: 'leader counts its own log before fsync',
    seedsToFind: 10,
    claimsSync: ({ state }) => state.role.name === 'leader',
  },
  { name: 'votes and epochs are not persisted', seedsToFind: 30, after: without('save-vote') },
  {
    name: 'a second vote in the same epoch',
    seedsToFind: 60,
    before: (replica, input) => {
      const isVote = input.type === 'message' && input.message.type === 'vote-request';
      if (isVote && replica.state.role.name === 'follower') replica.state.votedFor = null;
      return input;
    },
  },
  {
    name: 'votes for any log',
    seedsToFind: 30,
    before: onReceive((_replica, message) =>
      message.type === 'vote-request' || message.type === 'pre-vote-request'
        ? { ...message, tip: { ...message.tip, epoch: Number.MAX_SAFE_INTEGER } }
        : message,
    ),
  },
  {
    name: 'no check of the epoch before appended entries',
    seedsToFind: 30,
    before: onReceive(({ state: { log } }, message) =>
      message.type === 'append-request' && message.prev.offset <= log.endOffset
        ? { ...message, prev: { ...message.prev, epoch: epochAt(log, message.prev.offset) } }
        : message,
    ),
  },
  { name: 'the start of an epoch is not persisted', seedsToFind: 10, after: without('save-epochs') },
  { name: 'cuts of the log are not durable', seedsToFind: 120, cutsAreVolatile: true },
  { name: 'a disk that was emptied keeps its name', seedsToFind: 50, keepsName: true },
  {
    name: 'a leader that lost records leads on',
    seedsToFind: 10,
    before: (replica, input) => {
      if (input.type !== 'log-lost' || replica.state.role.name !== 'leader') return input;
      const { log } = replica.state;
      log.endOffset = input.endOffset;
      for (const progress of replica.state.role.progress.values()) {
        if (progress.nextOffset > log.endOffset) progress.nextOffset = log.endOffset;
      }
      return { type: 'tick' };
    },
  },
  {
    name: 'no pre-vote',
    seedsToFind: 30,
    before: grantAllPreVotes,
  },
  {
    name: 'reads without asking a majority',
    seedsToFind: 250,
    after: (replica, effects) => {
      const { role, highWatermark } = replica.state;
      if (role.name !== 'leader') return effects;
      const ready = role.reads.splice(0).map(({ id }): Effect => ({ type: 'read-ready', id, highWatermark }));
      return [...effects, ...ready];
    },
  },
  {
    name: 'several membership changes at a time',
    seedsToFind: 80,
    faults: { voters: 3, spares: 2, memberChangeEveryMs: 40, partitionEveryMs: 400, emptyDiskEveryMs: Infinity },
    before: (replica, input) => {
      const { state } = replica;
      const { latest } = state.memberships;
      if (input.type === 'change-membership') state.memberships = { committed: latest, latest };
      return input;
    },
  },
];

/** Runs seeds from 1 on until a checker of safety sees the fault: which seed, and what was seen; null if none of them does. */
export function findMutant(mutant: Mutant, seeds: number): { readonly seed: number; readonly seen: string } | null {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      runRaftSeed({ seed, mutant });
    } catch (error) {
      // A fault may also make a group stand still; that alone is not counted.
      if (!(error instanceof RaftProgressError)) return { seed, seen: String(error) };
    }
  }
  return null;
}
