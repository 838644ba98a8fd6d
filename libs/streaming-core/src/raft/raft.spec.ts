import { beforeEach, describe, expect, it } from '@jest/globals';
import { mergeByNode } from './heartbeat.js';
import { foundingMembership } from './membership.js';
import type { Effect, Input } from './raft-io.js';
import type { Heartbeat, Message } from './raft-messages.js';
import { DEFAULT_RAFT_CONFIG, replicaId, type RaftConfig, type RaftState } from './raft-types.js';
import { canAppend, createRaft, step, type Recovered } from './raft.js';
import { leaseRefusal } from './reads.js';

const [A, B, C] = [replicaId(1, 'a'), replicaId(2, 'a'), replicaId(3, 'a')];
const CONFIG: RaftConfig = { ...DEFAULT_RAFT_CONFIG, maxInflightAppends: 2, maxInflightBytes: 20, maxWaitingReads: 2 };
const membership = foundingMembership([A, B, C]);
const NEW_DISK: Recovered = {
  epoch: -1,
  votedFor: null,
  epochs: [],
  memberships: { committed: membership, latest: membership },
  logStart: { epoch: -1, offset: 0n },
  endOffset: 0n,
  highWatermark: 0n,
};

describe('a leader', () => {
  let state: RaftState;
  let nowMs: number;

  const take = (input: Input): Effect[] => step(state, input, nowMs);
  const receive = (message: Message): Effect[] => take({ type: 'message', message });
  const accepted = (from: string, matchOffset: bigint, matchEpoch = 0) =>
    receive({
      type: 'append-accepted',
      from,
      to: A,
      epoch: 0,
      sentAtMs: nowMs,
      matchOffset,
      matchEpoch,
      matchMembership: 0,
    });
  const append = (endOffset: bigint) => take({ type: 'appended', endOffset, sizeBytes: 10 });
  const readDone = (baseOffset: bigint) => {
    const batch = { baseOffset, endOffset: baseOffset + 1n, epoch: 0, records: new Uint8Array(10) };
    return take({ type: 'read-done', replica: B, batches: [batch] });
  };
  const typesOf = (effects: readonly Effect[]) => effects.map(({ type }) => type);

  beforeEach(() => {
    state = createRaft(CONFIG, A, NEW_DISK, 0, 1);
    nowMs = 1_000;
    take({ type: 'tick' });
    receive({ type: 'pre-vote-response', from: B, to: A, epoch: -1, proposedEpoch: 0, isGranted: true });
    receive({ type: 'vote-response', from: B, to: A, epoch: 0, isGranted: true });
  });

  it('has the start of its epoch durable before it says anything as leader', () => {
    const other = createRaft(CONFIG, A, NEW_DISK, 0, 1);
    step(other, { type: 'tick' }, nowMs);
    const asked = { type: 'pre-vote-response', from: B, to: A, epoch: -1, proposedEpoch: 0, isGranted: true } as const;
    const effects = step(other, { type: 'message', message: asked }, nowMs);
    expect(typesOf(effects).slice(0, 1)).toEqual(['save-vote']);
    const won = step(
      other,
      { type: 'message', message: { type: 'vote-response', from: B, to: A, epoch: 0, isGranted: true } },
      nowMs,
    );
    expect(typesOf(won)).toEqual(['save-epochs', 'role', 'send', 'send']);
  });

  it('keeps no more in flight to a follower than its window takes', () => {
    accepted(B, 0n);
    expect(typesOf(append(1n))).toEqual(['read']);
    expect(typesOf(append(2n))).toEqual([]);
    expect(typesOf(readDone(0n))).toEqual(['send', 'read']);
    append(3n);
    expect(typesOf(readDone(1n))).toEqual(['send']);
    expect(typesOf(accepted(B, 1n))).toEqual(['read']);
  });

  it('counts its own log only as far as it is synced', () => {
    accepted(B, 0n);
    append(1n);
    readDone(0n);
    accepted(B, 1n);
    expect(state.highWatermark).toBe(0n);
    expect(take({ type: 'synced', endOffset: 1n })).toContainEqual({ type: 'high-watermark', offset: 1n });
  });

  it('does not count who lacks the start of its epoch', () => {
    append(1n);
    take({ type: 'synced', endOffset: 1n });
    accepted(B, 1n, -1);
    expect(state.highWatermark).toBe(0n);
  });

  it('stops to lead when it loses records, and never leads that epoch again', () => {
    append(1n);
    const effects = take({ type: 'log-lost', endOffset: 0n });
    expect(effects).toContainEqual({ type: 'role', role: 'follower', epoch: 0, leader: null });
    expect(canAppend(state)).toBe(false);
    nowMs += 2_000;
    take({ type: 'tick' });
    receive({ type: 'pre-vote-response', from: B, to: A, epoch: 0, proposedEpoch: 1, isGranted: true });
    expect(state.epoch).toBe(1);
  });

  it('serves reads by its lease only after its epoch is committed, and while a majority answers', () => {
    expect(leaseRefusal(state, nowMs)).toBe('OFFSET_NOT_AVAILABLE');
    accepted(B, 0n);
    expect(leaseRefusal(state, nowMs)).toBeNull();
    expect(leaseRefusal(state, nowMs + CONFIG.leaseMs)).toBe('NOT_LEADER_OR_FOLLOWER');
  });

  it('answers reads once a majority has answered a heartbeat that was sent after them, and bounds those who wait', () => {
    expect(take({ type: 'confirm-read', id: 1 })).toContainEqual({
      type: 'read-refused',
      id: 1,
      reason: 'OFFSET_NOT_AVAILABLE',
    });
    accepted(B, 0n);
    expect(typesOf(take({ type: 'confirm-read', id: 2 }))).toEqual(['send', 'send']);
    expect(take({ type: 'confirm-read', id: 3 })).toEqual([]);
    expect(typesOf(take({ type: 'confirm-read', id: 4 }))).toEqual(['read-refused']);
    const answer = (round: number) =>
      receive({ type: 'heartbeat-response', from: B, to: A, epoch: 0, sentAtMs: nowMs, round });
    expect(answer(1)).toContainEqual({ type: 'read-ready', id: 2, highWatermark: 0n });
    expect(answer(2)).toEqual([{ type: 'read-ready', id: 3, highWatermark: 0n }]);
  });

  it('takes one membership change at a time, and gives no vote to who lacks committed records', () => {
    accepted(B, 0n);
    const D = replicaId(4, 'a');
    take({ type: 'change-membership', change: { type: 'add-learner', replica: D } });
    const refused = take({ type: 'change-membership', change: { type: 'remove', replica: C } });
    expect(refused).toEqual([{ type: 'membership-refused', reason: 'REASSIGNMENT_IN_PROGRESS' }]);
    const known = {
      type: 'append-accepted',
      from: B,
      to: A,
      epoch: 0,
      sentAtMs: nowMs,
      matchOffset: 0n,
      matchEpoch: 0,
    } as const;
    expect(typesOf(receive({ ...known, matchMembership: 1 }))).toContain('membership-committed');
    const early = take({ type: 'change-membership', change: { type: 'promote-learner', replica: D } });
    expect(early).toEqual([{ type: 'membership-refused', reason: 'INELIGIBLE_REPLICA' }]);
  });

  it('takes no appends while it hands over, and takes them again when that fails', () => {
    append(1n);
    take({ type: 'transfer-leadership', to: C });
    expect(canAppend(state)).toBe(false);
    expect(() => append(2n)).toThrow('hand over');
    for (let beat = 0; beat < 12; beat++) {
      nowMs += 60;
      accepted(B, 0n);
      take({ type: 'tick' });
    }
    expect(canAppend(state)).toBe(true);
  });
});

describe('a replica', () => {
  it('ignores what is meant for the one that had the disk before', () => {
    const state = createRaft(CONFIG, replicaId(2, 'b'), { ...NEW_DISK, memberships: null }, 0, 1);
    const tip = { epoch: 3, offset: 9n, membershipEpoch: -1, membershipVersion: 0 };
    const message: Message = { type: 'vote-request', from: A, to: B, epoch: 4, tip, isTransfer: true };
    expect(step(state, { type: 'message', message }, 5_000)).toEqual([]);
    expect(step(state, { type: 'tick' }, 9_000)).toEqual([]);
  });

  it('forgets starts of epochs behind its log, but not that the epochs were', () => {
    const epochs = [
      { epoch: 2, startOffset: 0n },
      { epoch: 5, startOffset: 8n },
    ];
    const state = createRaft(CONFIG, A, { ...NEW_DISK, epoch: 5, epochs, endOffset: 6n }, 0, 1);
    expect(state.log.epochs).toEqual([{ epoch: 2, startOffset: 0n }]);
    expect(state.epoch).toBe(5);
  });

  it('counts the pre-vote of a voter that missed an epoch', () => {
    const state = createRaft(CONFIG, A, { ...NEW_DISK, epoch: 5 }, 0, 1);
    step(state, { type: 'tick' }, 1_000);
    const message: Message = { type: 'pre-vote-response', from: B, to: A, epoch: 3, proposedEpoch: 6, isGranted: true };
    step(state, { type: 'message', message }, 1_000);
    expect(state).toMatchObject({ epoch: 6, votedFor: A });
  });

  it('leads at once if it is alone', () => {
    const alone = foundingMembership([A]);
    const memberships = { committed: alone, latest: alone };
    const state = createRaft(CONFIG, A, { ...NEW_DISK, memberships }, 0, 1);
    step(state, { type: 'tick' }, 0);
    expect(canAppend(state)).toBe(true);
  });
});

it('sorts heartbeats of many groups by the node they go to', () => {
  const beat = (to: string): Heartbeat => ({
    type: 'heartbeat',
    from: A,
    to,
    epoch: 0,
    sentAtMs: 0,
    highWatermark: 0n,
    round: 1,
  });
  const beats = [B, C, B].map((to, group) => ({ group, beat: beat(to) }));
  const merged = mergeByNode(beats, (replica) => Number.parseInt(replica, 10));
  expect([...merged].map(([node, list]) => [node, list.map(({ group }) => group)])).toEqual([
    [2, [0, 2]],
    [3, [1]],
  ]);
});
