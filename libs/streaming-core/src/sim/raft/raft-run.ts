import { SeededRandom } from '../../ports/memory/seeded-random.js';
import { foundingMembership } from '../../raft/membership.js';
import { canAppend } from '../../raft/raft.js';
import type { Effect, MembershipChange } from '../../raft/raft-io.js';
import type { Message } from '../../raft/raft-messages.js';
import {
  DEFAULT_RAFT_CONFIG,
  replicaId,
  type Memberships,
  type RaftConfig,
  type ReplicaId,
} from '../../raft/raft-types.js';
import { EventQueue } from './event-queue.js';
import { RaftCheckers, RaftProgressError } from './raft-checkers.js';
import { drawFaults, drawPartition, type Cut, type FaultProfile } from './raft-faults.js';
import { canLose, isCurrent, newestMemberships, nextRepair, nodeOf, toggleMember, votersOf } from './raft-operator.js';
import { SimReplica, type Mutant, type SimWorld } from './raft-replica.js';
import { describeEffect, describeMessage } from './raft-trace.js';

export interface RaftRunOptions {
  readonly seed: number;
  readonly mutant?: Mutant;
  readonly trace?: (line: string) => void;
}

export interface RaftRunReport {
  readonly events: number;
  readonly messages: number;
  readonly epochsLed: number;
  readonly committedBatches: number;
  readonly memberChanges: number;
  readonly healedAfterMs: number;
}

/** Faults for this long, then none, and progress is demanded within the second bound. */
const FAULTS_FOR_MS = 8_000;
const HEAL_WITHIN_MS = 12_000;
/** A message that lay about somewhere: later than whole elections. */
const LATE_MS = 1_500;
const TICK_MS = 20;
/** So small that windows fill and pieces end anywhere. */
const SMALL: RaftConfig = {
  ...DEFAULT_RAFT_CONFIG,
  maxAppendBytes: 24,
  maxInflightBytes: 64,
  maxInflightAppends: 3,
  maxWaitingReads: 8,
  maxReplicas: 8,
};

/**
 * One seed: a group of replicas, writers, an operator, and everything that goes wrong with messages, disks, power and clocks; checked after
 * every event. Then the faults stop, and the group must heal.
 * @throws RaftCheckError, RaftInvariantError, RaftProgressError
 */
export function runRaftSeed(options: RaftRunOptions): RaftRunReport {
  return new RaftRun(options).run();
}

class RaftRun implements SimWorld {
  readonly mutant: Mutant | null;
  private readonly random: SeededRandom;
  private readonly queue = new EventQueue();
  private readonly checkers = new RaftCheckers();
  private readonly faults: FaultProfile;
  /** All that ever were, the emptied ones too. */
  private readonly replicas = new Map<ReplicaId, SimReplica>();
  private readonly byNode = new Map<number, SimReplica>();
  private readonly clocks = new Map<number, { readonly offsetMs: number; readonly rate: number }>();
  private readonly pausedUntilMs = new Map<number, number>();
  private cut: Cut = () => false;
  private isCalm = false;
  private writes = 0;
  private reads = 0;
  private messages = 0;
  private events = 0;
  private memberChanges = 0;

  constructor(private readonly options: RaftRunOptions) {
    this.mutant = options.mutant ?? null;
    this.random = new SeededRandom(options.seed);
    this.faults = { ...drawFaults(this.random), ...this.mutant?.faults };
  }

  run(): RaftRunReport {
    this.found();
    this.planFaults();
    this.repeat(this.faults.writeEveryMs, () => this.write(), true);
    this.repeat(40, () => this.read(), true);
    this.repeat(60, () => this.change(nextRepair(this.byNode, this.isCalm)), true);
    this.runUntil(FAULTS_FOR_MS);
    this.heal();
    const healedAfterMs = this.awaitProgress();
    return {
      events: this.events,
      messages: this.messages,
      epochsLed: this.checkers.epochsLed,
      committedBatches: this.checkers.committed.length,
      memberChanges: this.memberChanges,
      healedAfterMs,
    };
  }

  send(message: Message): void {
    this.messages += 1;
    const { random, faults } = this;
    const [from, to] = [nodeOf(message.from), nodeOf(message.to)];
    if (!this.isCalm && random.next() < faults.loss) return;
    const copies = !this.isCalm && random.next() < faults.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const isLate = !this.isCalm && random.next() < faults.lateness;
      const delayMs = 1 + random.next() * (this.isCalm ? 5 : isLate ? LATE_MS : faults.delayMs);
      this.queue.in(delayMs, () => {
        if (this.cut(from, to)) return;
        this.trace(() => `  ${describeMessage(message)}`);
        this.atNode(to, (replica) => replica.step({ type: 'message', message }, this.clockOf(to)));
      });
    }
  }

  wantsSync(replica: SimReplica): void {
    const { disk } = replica;
    if (disk.isSyncing || disk.durableOffset === disk.endOffset) return;
    disk.beginSync();
    const life = replica.state;
    this.queue.in(1 + this.random.next() * (this.isCalm ? 4 : this.faults.syncMs), () => {
      // The machine died meanwhile, and the sync with it.
      if (!replica.isUp || replica.state !== life) return;
      this.endSync(replica);
    });
  }

  took(replica: SimReplica, effect: Effect): void {
    this.trace(() => describeEffect(replica.id, effect));
    if (effect.type === 'save-vote') this.checkers.votes(replica, effect.votedFor);
    if (effect.type === 'append') this.checkers.writes(replica, effect.batches);
    if (effect.type === 'role' && effect.role === 'leader') this.checkers.leads(replica, effect.epoch);
    if (effect.type === 'high-watermark') this.checkers.commits(replica, effect.offset, this.replicas);
    if (effect.type === 'read-ready') this.checkers.answersRead(replica, effect.id, effect.highWatermark);
    if (effect.type === 'membership-committed') this.memberChanges += 1;
  }

  after(replica: SimReplica): void {
    this.checkers.after(replica, this.clockOf(replica.node));
  }

  private found(): void {
    const { voters, spares } = this.faults;
    const ids = Array.from({ length: voters }, (_, i) => replicaId(i + 1, 'a'));
    const membership = foundingMembership(ids);
    for (let node = 1; node <= voters + spares; node++) {
      const rate = 0.95 + this.random.next() * 0.1;
      this.clocks.set(node, { offsetMs: this.random.int(100_000), rate });
      const isFounder = node <= voters;
      this.install(node, 'a', isFounder ? { committed: membership, latest: membership } : null);
      this.repeat(
        TICK_MS,
        () => this.atNode(node, (replica) => replica.step({ type: 'tick' }, this.clockOf(node))),
        true,
      );
    }
  }

  private install(node: number, directory: string, memberships: Memberships | null): void {
    const replica = new SimReplica(replicaId(node, directory), node, SMALL, this, memberships);
    this.replicas.set(replica.id, replica);
    this.byNode.set(node, replica);
    replica.start(this.clockOf(node), this.random.int(2 ** 31));
  }

  private planFaults(): void {
    const { faults } = this;
    this.repeat(faults.crashEveryMs, () => this.crash());
    this.repeat(faults.partitionEveryMs, () => this.partition());
    this.repeat(faults.emptyDiskEveryMs, () => this.emptyDisk());
    this.repeat(faults.memberChangeEveryMs, () => this.change(toggleMember(this.byNode, this.anyReplica().id)));
    this.repeat(faults.transferEveryMs, () => this.transfer());
    this.repeat(faults.retentionEveryMs, () => this.retain());
    this.repeat(faults.pauseEveryMs, () =>
      this.pausedUntilMs.set(this.anyNode(), this.queue.nowMs + this.random.int(1500)),
    );
  }

  /** Again and again, at random about the mean; for ever, or while there are faults. */
  private repeat(meanMs: number, run: () => void, isForEver = false): void {
    if (meanMs === Infinity) return;
    this.queue.in(meanMs * (0.5 + this.random.next()), () => {
      if (this.isCalm && !isForEver) return;
      run();
      this.repeat(meanMs, run, isForEver);
    });
  }

  private runUntil(untilMs: number): void {
    while (this.queue.runNext(untilMs)) this.events += 1;
    this.queue.nowMs = untilMs;
  }

  /** Something happens at a node: now, or when its pause is over; never if it is down then. */
  private atNode(node: number, run: (replica: SimReplica) => void): void {
    const waitMs = (this.pausedUntilMs.get(node) ?? 0) - this.queue.nowMs;
    if (waitMs > 0 && !this.isCalm) {
      // Who wakes finds timers and messages waiting, in no particular order.
      this.queue.in(waitMs + this.random.next(), () => this.atNode(node, run));
      return;
    }
    const replica = this.byNode.get(node);
    if (replica?.isUp) run(replica);
  }

  private endSync(replica: SimReplica): void {
    const { disk } = replica;
    const isFailed = !this.isCalm && this.random.next() < this.faults.syncFailure;
    disk.endSync(isFailed);
    this.trace(() => `${replica.id} ${isFailed ? 'FAILS to sync' : 'has synced'} up to ${disk.durableOffset}`);
    const endOffset = disk.durableOffset;
    if (isFailed) this.checkers.forgets(replica, endOffset);
    replica.step({ type: isFailed ? 'log-lost' : 'synced', endOffset }, this.clockOf(replica.node));
    this.wantsSync(replica);
  }

  private crash(): void {
    const replica = this.anyReplica();
    if (!replica.isUp) return;
    replica.isUp = false;
    replica.disk.crash(this.random.int(3));
    this.trace(() => `${replica.id} CRASHES and keeps ${replica.disk.endOffset}`);
    const downMs = this.random.next() < 0.4 ? 10 : 2000;
    this.queue.in(this.random.next() * downMs, () => this.restart(replica));
  }

  private restart(replica: SimReplica): void {
    if (replica.isUp || this.byNode.get(replica.node) !== replica) return;
    replica.start(this.clockOf(replica.node), this.random.int(2 ** 31));
    this.trace(() => `${replica.id} STARTS at ${replica.disk.endOffset}`);
    this.checkers.forgets(replica, replica.state.highWatermark);
  }

  private partition(): void {
    const { cut, isolated } = drawPartition(this.random, this.byNode.size);
    this.cut = cut;
    this.trace(() => `PARTITION${isolated === null ? '' : ` of node ${isolated}`}`);
    const lone = isolated === null ? null : this.byNode.get(isolated)!;
    this.checkers.isolates(lone);
    this.queue.in(100 + this.random.int(2500), () => {
      if (this.cut !== cut) return;
      this.cut = () => false;
      this.trace(() => 'HEALED');
      this.checkers.isolates(null);
    });
  }

  /** A node's disk is replaced by an empty one: the node is a new replica. Not while the voters left could no longer decide. */
  private emptyDisk(): void {
    const replica = this.anyReplica();
    if (!canLose(this.byNode, replica)) return;
    this.trace(() => `${replica.id} comes back with an EMPTY disk`);
    this.checkers.empties(replica);
    replica.isUp = false;
    if (this.mutant?.keepsName) {
      const founders = foundingMembership(Array.from({ length: this.faults.voters }, (_, i) => replicaId(i + 1, 'a')));
      const directory = replica.id.slice(replica.id.indexOf('/') + 1);
      this.install(replica.node, directory, { committed: founders, latest: founders });
      return;
    }
    this.install(replica.node, `e${this.replicas.size}`, null);
  }

  private change(change: MembershipChange | null): void {
    if (change === null) return;
    this.eachLeader((leader) => leader.step({ type: 'change-membership', change }, this.clockOf(leader.node)));
  }

  private transfer(): void {
    const to = this.anyReplica().id;
    this.eachLeader((leader) => leader.step({ type: 'transfer-leadership', to }, this.clockOf(leader.node)));
  }

  private retain(): void {
    const replica = this.anyReplica();
    if (!replica.isUp) return;
    const { disk, state } = replica;
    disk.highWatermark = state.highWatermark;
    const bound = state.highWatermark < disk.durableOffset ? state.highWatermark : disk.durableOffset;
    const ends = disk.batches.map(({ endOffset }) => endOffset).filter((endOffset) => endOffset <= bound);
    const offset = ends[this.random.int(ends.length)];
    if (offset === undefined) return;
    disk.dropBefore(offset, disk.positionBefore(offset));
    replica.step({ type: 'log-start', offset }, this.clockOf(replica.node));
  }

  private write(): void {
    if (this.isCalm && this.random.next() < 0.5) return;
    this.eachLeader((leader) => {
      if (!canAppend(leader.state) || leader.disk.endOffset - leader.state.highWatermark > 60n) return;
      this.writes += 1;
      const bytes = Buffer.from(`${this.writes}`.padStart(4 + this.random.int(12), '0'));
      leader.append(1 + this.random.int(3), bytes, this.clockOf(leader.node));
    });
  }

  private read(): void {
    const id = (this.reads += 1);
    this.checkers.asksRead(id);
    this.eachLeader((leader) => {
      leader.step({ type: 'confirm-read', id }, this.clockOf(leader.node));
    });
  }

  private heal(): void {
    this.isCalm = true;
    this.cut = () => false;
    this.checkers.isolates(null);
    this.pausedUntilMs.clear();
    for (const replica of this.byNode.values()) this.restart(replica);
    this.trace(() => 'ALL FAULTS STOP');
  }

  /** Everything that is committed must reach every member, and more must be committed. */
  private awaitProgress(): number {
    const { committed } = this.checkers;
    const wanted = committed.length + 5;
    for (let ms = 0; ms < HEAL_WITHIN_MS; ms += 100) {
      this.runUntil(FAULTS_FOR_MS + ms + 100);
      if (committed.length >= wanted && this.isSettled()) {
        for (const replica of votersOf(this.byNode)) {
          this.checkers.comparePrefix(replica, replica.state.highWatermark, 'committed data is kept');
        }
        return ms + 100;
      }
    }
    throw new RaftProgressError(`no progress in ${HEAL_WITHIN_MS} ms without faults: ${this.summary()}`);
  }

  private isSettled(): boolean {
    const { latest, committed } = newestMemberships(this.byNode);
    const behind = this.checkers.committed.at(-5)?.baseOffset ?? 0n;
    const hasNoLearners = latest.learners.length === 0 && latest.voters.every((voter) => isCurrent(this.byNode, voter));
    return (
      hasNoLearners && latest === committed && votersOf(this.byNode).every(({ state }) => state.highWatermark >= behind)
    );
  }

  private summary(): string {
    return [...this.byNode.values()]
      .map(
        ({ id, state }) =>
          `${id} ${state.role.name} epoch ${state.epoch} ${state.highWatermark}/${state.log.endOffset}`,
      )
      .join(', ');
  }

  private eachLeader(run: (leader: SimReplica) => void): void {
    for (const { node, isUp, state } of [...this.byNode.values()]) {
      if (!isUp || state.role.name !== 'leader') continue;
      this.atNode(node, (replica) => {
        if (replica.state.role.name === 'leader') run(replica);
      });
    }
  }

  private anyNode(): number {
    return 1 + this.random.int(this.byNode.size);
  }

  private anyReplica(): SimReplica {
    return this.byNode.get(this.anyNode())!;
  }

  private clockOf(node: number): number {
    const { offsetMs, rate } = this.clocks.get(node)!;
    return offsetMs + this.queue.nowMs * rate;
  }

  private trace(line: () => string): void {
    this.options.trace?.(`${this.queue.nowMs.toFixed(1)} ${line()}`);
  }
}
