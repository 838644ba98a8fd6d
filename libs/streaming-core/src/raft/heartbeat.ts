import type { Heartbeat, HeartbeatResponse } from './raft-messages.js';
import type { Leader, RaftState, ReplicaId } from './raft-types.js';
import { becomeFollower } from './roles.js';
import { envelope, majorityValue, send, type Turn } from './turn.js';

/**
 * Heartbeats of all groups of a node are due at the same moments of its clock, the multiples of the interval, so that one message to
 * each other node carries them all.
 */
export function beatIfDue(turn: Turn, leader: Leader): void {
  const { heartbeatIntervalMs } = turn.state.config;
  const slotOf = (ms: number) => Math.floor(ms / heartbeatIntervalMs);
  if (slotOf(turn.nowMs) > slotOf(leader.lastBeatMs)) beat(turn, leader);
}

export function beat(turn: Turn, leader: Leader): void {
  const { state, nowMs: sentAtMs } = turn;
  const { highWatermark } = state;
  leader.lastBeatMs = sentAtMs;
  leader.round += 1;
  const { round } = leader;
  for (const { replica } of leader.progress.values()) {
    send(turn, { type: 'heartbeat', ...envelope(turn, replica), sentAtMs, highWatermark, round });
  }
}

/**
 * When a majority last heard from this leader, at the least: the time at which it sent what they answered. They hold elections off for
 * an election timeout from then on.
 */
export function majorityContactMs(state: RaftState, leader: Leader, nowMs: number): number {
  const contactMs = (voter: ReplicaId) =>
    voter === state.self ? nowMs : (leader.progress.get(voter)?.contactMs ?? -Infinity);
  return majorityValue(state.memberships.latest, contactMs) ?? -Infinity;
}

/** Check quorum: a leader that a majority has not answered for an election timeout stops to lead (Raft thesis 6.2). */
export function hasQuorum(turn: Turn, leader: Leader): boolean {
  const { state, nowMs } = turn;
  const silentMs = nowMs - majorityContactMs(state, leader, nowMs);
  if (silentMs < state.config.electionTimeoutMs) return true;
  becomeFollower(turn, null);
  return false;
}

/** One group's part of a message that carries the heartbeats, or the answers to them, of many groups from one node to another. */
export interface GroupBeat<Group> {
  readonly group: Group;
  readonly beat: Heartbeat | HeartbeatResponse;
}

/** Sorts beats by the node they go to; `nodeOf` tells the node of a replica id. The caller sends one message per entry. */
export function mergeByNode<Group>(
  beats: Iterable<GroupBeat<Group>>,
  nodeOf: (replica: ReplicaId) => number,
): Map<number, GroupBeat<Group>[]> {
  const byNode = new Map<number, GroupBeat<Group>[]>();
  for (const entry of beats) {
    const node = nodeOf(entry.beat.to);
    const known = byNode.get(node);
    if (known === undefined) byNode.set(node, [entry]);
    else known.push(entry);
  }
  return byNode;
}
