import { foundingMembership } from '../../raft/membership.js';
import type { Effect, Input } from '../../raft/raft-io.js';
import type { Message } from '../../raft/raft-messages.js';
import { DEFAULT_RAFT_CONFIG, replicaId, type ReplicaId } from '../../raft/raft-types.js';
import { RaftCheckers } from './raft-checkers.js';
import { nodeOf } from './raft-operator.js';
import { SimReplica, type Mutant, type SimWorld } from './raft-replica.js';
import { describeEffect, describeMessage } from './raft-trace.js';

/** Quiet in a trace: told by the message that is delivered, or of no interest there. */
const SILENT: readonly Effect['type'][] = ['send', 'read', 'read-snapshot'];

/**
 * A group of replicas under a script: nothing happens by itself, every message waits to be delivered. Writes down what happens, one line
 * each, and has the checkers of the simulation look on.
 */
export class RaftLab implements SimWorld {
  readonly lines: string[] = [];
  readonly nodes = new Map<number, SimReplica>();
  private readonly all = new Map<ReplicaId, SimReplica>();
  private readonly checkers = new RaftCheckers();
  private readonly founders;
  private waiting: Message[] = [];
  private unsynced = new Set<SimReplica>();
  private cutOff = new Set<number>();
  private nowMs = 1_000;
  private written = 0;

  constructor(
    voters: number,
    readonly mutant: Mutant | null = null,
  ) {
    const membership = foundingMembership(Array.from({ length: voters }, (_, i) => replicaId(i + 1, 'a')));
    this.founders = { committed: membership, latest: membership };
    for (let node = 1; node <= voters; node++) this.add(node, 'a', true);
  }

  /** A node with an empty disk; a founder knows the members from the start. */
  add(node: number, directory: string, isFounder = false): void {
    const config = { ...DEFAULT_RAFT_CONFIG, maxAppendBytes: 4, maxInflightAppends: 1 };
    const replica = new SimReplica(replicaId(node, directory), node, config, this, isFounder ? this.founders : null);
    this.nodes.set(node, replica);
    this.all.set(replica.id, replica);
    replica.start(this.nowMs, node);
  }

  note(text: string): void {
    this.lines.push(`# ${text}`);
  }

  send(message: Message): void {
    this.waiting.push(message);
  }

  wantsSync(replica: SimReplica): void {
    this.unsynced.add(replica);
  }

  took(replica: SimReplica, effect: Effect): void {
    if (!SILENT.includes(effect.type)) this.lines.push(describeEffect(replica.id, effect));
    if (effect.type === 'append') this.checkers.writes(replica, effect.batches);
    if (effect.type === 'role' && effect.role === 'leader') this.checkers.leads(replica, effect.epoch);
    if (effect.type === 'high-watermark') this.checkers.commits(replica, effect.offset, this.all);
  }

  after(replica: SimReplica): void {
    this.checkers.after(replica, this.nowMs);
  }

  step(node: number, input: Input): void {
    this.nodes.get(node)!.step(input, this.nowMs);
  }

  /** Time passes, and this node notices. */
  tick(node: number, afterMs: number): void {
    this.nowMs += afterMs;
    this.step(node, { type: 'tick' });
  }

  /** So long without a leader that nobody holds an election off; this node asks for one. */
  timeout(node: number): void {
    this.tick(node, 1_000);
  }

  /** Delivers messages in the order in which they were sent, and what follows from them, and syncs disks, until nothing is left. */
  deliver(): void {
    for (;;) {
      while (this.deliverOne());
      if (this.unsynced.size === 0) return;
      for (const replica of [...this.unsynced]) this.sync(replica.node);
    }
  }

  /** Delivers messages, one after the other, up to and including the first for which this holds. */
  deliverUntil(isLast: (message: Message) => boolean): void {
    for (;;) {
      const next = this.waiting[0];
      if (next === undefined) return;
      this.deliverOne();
      if (isLast(next)) return;
    }
  }

  lose(): void {
    if (this.waiting.length > 0) this.lines.push(`(${this.waiting.length} messages are lost)`);
    this.waiting = [];
  }

  sync(node: number): void {
    const replica = this.nodes.get(node)!;
    this.unsynced.delete(replica);
    if (!replica.isUp) return;
    replica.disk.beginSync();
    replica.disk.endSync(false);
    replica.step({ type: 'synced', endOffset: replica.disk.durableOffset }, this.nowMs);
  }

  write(node: number): void {
    this.written += 1;
    this.nodes.get(node)!.append(1, Buffer.from(`r${this.written}`.padEnd(4)), this.nowMs);
  }

  crash(node: number): void {
    const replica = this.nodes.get(node)!;
    replica.isUp = false;
    replica.disk.crash(0);
    this.lines.push(`${replica.id} crashes and keeps ${replica.disk.endOffset}`);
  }

  restart(node: number): void {
    const replica = this.nodes.get(node)!;
    replica.start(this.nowMs, node);
    this.checkers.forgets(replica, replica.state.highWatermark);
    this.lines.push(`${replica.id} starts again`);
  }

  /** These hear nobody else and nobody else hears them. */
  cut(...nodes: number[]): void {
    this.cutOff = new Set(nodes);
  }

  private deliverOne(): boolean {
    const message = this.waiting.shift();
    if (message === undefined) return false;
    const [from, to] = [nodeOf(message.from), nodeOf(message.to)];
    const replica = this.nodes.get(to);
    const isLost = !replica?.isUp || this.cutOff.has(from) !== this.cutOff.has(to);
    this.lines.push(`  ${describeMessage(message)}${isLost ? '  LOST' : ''}`);
    if (!isLost) replica.step({ type: 'message', message }, this.nowMs);
    return true;
  }
}
