import { createRaft, step } from '../../raft/raft.js';
import type { Effect, Input } from '../../raft/raft-io.js';
import type { Message } from '../../raft/raft-messages.js';
import { invariant, type Memberships, type RaftConfig, type RaftState, type ReplicaId } from '../../raft/raft-types.js';
import type { FaultProfile } from './raft-faults.js';
import { RaftDisk } from './raft-disk.js';

/** A fault of ours in the code under test, put in from outside: in what goes into a step, in what comes out, in what a disk keeps. */
export interface Mutant {
  readonly name: string;
  /** Of the seeds from 1 on, this many are enough to find it. */
  readonly seedsToFind: number;
  /** May change the state, and the input; null: the input is lost. */
  readonly before?: (replica: SimReplica, input: Input) => Input | null;
  readonly after?: (replica: SimReplica, effects: readonly Effect[]) => readonly Effect[];
  /** Called when records were written: true if this replica says at once that they are synced. */
  readonly claimsSync?: (replica: SimReplica) => boolean;
  /** A disk that was emptied keeps its old name. */
  readonly keepsName?: boolean;
  /** A cut of the log may be undone by power loss. */
  readonly cutsAreVolatile?: boolean;
  /** The world that brings it out sooner. */
  readonly faults?: Partial<FaultProfile>;
}

/** What a replica asks of the world around it. */
export interface SimWorld {
  readonly mutant: Mutant | null;
  send(message: Message): void;
  wantsSync(replica: SimReplica): void;
  took(replica: SimReplica, effect: Effect): void;
  after(replica: SimReplica): void;
}

/** Carries out a replica's effects on its disk: the caller that raft.ts speaks of. */
export class SimReplica {
  state!: RaftState;
  isUp = true;

  constructor(
    readonly id: ReplicaId,
    readonly node: number,
    private readonly config: RaftConfig,
    private readonly world: SimWorld,
    memberships: Memberships | null,
    readonly disk: RaftDisk = new RaftDisk(memberships),
  ) {}

  start(nowMs: number, seed: number): void {
    this.isUp = true;
    this.state = createRaft(this.config, this.id, this.disk.recover(), nowMs, seed);
  }

  /** One step and all that follows from it at once: reads of the own log are answered on the spot. */
  step(input: Input, nowMs: number): void {
    const { mutant } = this.world;
    const taken = mutant?.before ? mutant.before(this, input) : input;
    if (taken === null) return;
    const effects = step(this.state, taken, nowMs);
    const carriedOut = mutant?.after ? mutant.after(this, effects) : effects;
    const answers: Input[] = [];
    for (const effect of carriedOut) this.carryOut(effect, answers);
    this.world.after(this);
    for (const answer of answers) this.step(answer, nowMs);
  }

  /** A client's batch, on the leader: written first, then told. */
  append(records: number, bytes: Uint8Array, nowMs: number): void {
    const baseOffset = this.disk.endOffset;
    const batch = { baseOffset, endOffset: baseOffset + BigInt(records), epoch: this.state.epoch, records: bytes };
    this.write([batch]);
    this.step({ type: 'appended', endOffset: batch.endOffset, sizeBytes: bytes.length }, nowMs);
    this.claimSync(nowMs);
  }

  claimSync(nowMs: number): void {
    if (this.world.mutant?.claimsSync?.(this)) this.step({ type: 'synced', endOffset: this.disk.endOffset }, nowMs);
  }

  private carryOut(effect: Effect, answers: Input[]): void {
    const { disk } = this;
    switch (effect.type) {
      case 'save-vote':
        disk.vote = { epoch: effect.epoch, votedFor: effect.votedFor };
        break;
      case 'truncate':
        disk.truncate(effect.endOffset, this.world.mutant?.cutsAreVolatile ?? false);
        break;
      case 'save-epochs':
        disk.epochs = effect.epochs;
        break;
      case 'save-memberships':
        disk.memberships = effect.memberships;
        break;
      case 'install-snapshot':
        disk.install(effect.position);
        break;
      case 'append':
        this.write(effect.batches);
        if (this.world.mutant?.claimsSync?.(this)) answers.push({ type: 'synced', endOffset: disk.endOffset });
        return;
      case 'send':
        this.world.send(effect.message);
        break;
      case 'read':
        answers.push({
          type: 'read-done',
          replica: effect.replica,
          batches: disk.read(effect.fromOffset, effect.maxBytes),
        });
        break;
      case 'read-snapshot': {
        const snapshot = { position: this.state.log.start, bytes: new Uint8Array() };
        answers.push({ type: 'snapshot-done', replica: effect.replica, snapshot });
        break;
      }
      default:
        break;
    }
    this.world.took(this, effect);
  }

  private write(batches: Parameters<RaftDisk['append']>[0]): void {
    invariant(batches[0]?.baseOffset === this.disk.endOffset, `${this.id} writes behind its log's end`);
    this.disk.append(batches);
    this.world.took(this, { type: 'append', batches });
    this.world.wantsSync(this);
  }
}
