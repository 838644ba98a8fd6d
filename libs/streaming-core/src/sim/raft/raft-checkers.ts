import type { EntryBatch } from '../../raft/raft-messages.js';
import { leaseRefusal } from '../../raft/reads.js';
import type { Membership, ReplicaId } from '../../raft/raft-types.js';
import type { SimReplica } from './raft-replica.js';

export class RaftCheckError extends Error {
  override readonly name = 'RaftCheckError';
}

/** The group is safe, but stands still. */
export class RaftProgressError extends Error {
  override readonly name = 'RaftProgressError';
}

interface Known {
  readonly id: string;
  readonly previous: string;
}

const idOf = ({ records }: EntryBatch) => Buffer.from(records).toString('latin1');
const placeOf = ({ baseOffset, epoch }: EntryBatch) => `${baseOffset}@${epoch}`;

/** Sees all replicas at once and knows what none of them can: looks on after every event, keeps what must stay true. */
export class RaftCheckers {
  /** What was committed anywhere, ever; ascending, without gaps. */
  readonly committed: EntryBatch[] = [];
  private readonly leaders = new Map<number, ReplicaId>();
  private readonly epochs = new Map<ReplicaId, number>();
  private readonly places = new Map<string, Known>();
  /** Per replica, how far its committed part was compared. */
  private readonly compared = new Map<ReplicaId, bigint>();
  private isolated: { readonly id: ReplicaId; raised: number } | null = null;
  private readonly reads = new Map<number, bigint>();

  get committedOffset(): bigint {
    return this.committed.at(-1)?.endOffset ?? 0n;
  }

  get epochsLed(): number {
    return this.leaders.size;
  }

  /** One leader per epoch; leader completeness. */
  leads(replica: SimReplica, epoch: number): void {
    const known = this.leaders.get(epoch) ?? replica.id;
    check(known === replica.id, `one leader per epoch: ${known} and ${replica.id} lead epoch ${epoch}`);
    this.leaders.set(epoch, replica.id);
    this.comparePrefix(replica, this.committedOffset, 'leader completeness');
  }

  /** A replica is cut off from all others; null: it no longer is. */
  isolates(replica: SimReplica | null): void {
    this.isolated = replica === null ? null : { id: replica.id, raised: 0 };
  }

  /** Pre-vote: who reaches nobody raises no epoch, beyond that of a vote that it had been about to ask for. */
  votes(replica: SimReplica, votedFor: ReplicaId | null): void {
    if (votedFor !== replica.id || this.isolated?.id !== replica.id) return;
    if (replica.state.memberships.latest.voters.length === 1) return;
    this.isolated.raised += 1;
    check(this.isolated.raised <= 1, `${replica.id}, cut off from all, raises the epoch to ${replica.state.epoch}`);
  }

  /** Log matching: same offset and epoch, same batch and the same batch before it. */
  writes(replica: SimReplica, batches: readonly EntryBatch[]): void {
    const all = replica.disk.batches;
    let index = all.length - batches.length;
    for (const batch of batches) {
      const before = all[index - 1];
      index += 1;
      const known = this.places.get(placeOf(batch));
      if (known === undefined) {
        this.places.set(placeOf(batch), { id: idOf(batch), previous: before ? placeOf(before) : '' });
        continue;
      }
      check(known.id === idOf(batch), `log matching: two batches at ${placeOf(batch)}, one on ${replica.id}`);
      const isSame = before === undefined || known.previous === '' || known.previous === placeOf(before);
      check(
        isSame,
        `log matching: ${placeOf(batch)} follows ${known.previous} and, on ${replica.id}, ${before && placeOf(before)}`,
      );
    }
  }

  /** State machine safety, and that a majority had it on disk before anybody took it for committed. */
  commits(replica: SimReplica, offset: bigint, all: ReadonlyMap<ReplicaId, SimReplica>): void {
    const from = this.compared.get(replica.id) ?? 0n;
    const { batches, start } = replica.disk;
    check(offset <= replica.disk.endOffset, `${replica.id} has committed ${offset} of ${replica.disk.endOffset}`);
    for (const batch of batches) {
      if (batch.endOffset <= from || batch.endOffset > offset) continue;
      if (batch.baseOffset >= this.committedOffset) this.extend(replica, batch, all);
      else this.compare(replica, batch, 'state machine safety');
    }
    check(
      this.committedOffset >= offset || start.offset >= offset,
      `${replica.id} commits beyond ${this.committedOffset}`,
    );
    this.compared.set(replica.id, offset);
  }

  /** After a crash or a lost tail a replica's word begins anew. */
  forgets(replica: SimReplica, highWatermark: bigint): void {
    const known = this.compared.get(replica.id) ?? 0n;
    if (highWatermark < known) this.compared.set(replica.id, highWatermark);
  }

  /** What a replica said once binds it no longer. */
  empties(replica: SimReplica): void {
    this.epochs.delete(replica.id);
    this.compared.delete(replica.id);
  }

  asksRead(id: number): void {
    this.reads.set(id, this.committedOffset);
  }

  /** A confirmed read sees all that was committed before it was asked. */
  answersRead(replica: SimReplica, id: number, highWatermark: bigint): void {
    const atLeast = this.reads.get(id) ?? 0n;
    check(highWatermark >= atLeast, `stale read on ${replica.id}: ${highWatermark}, but ${atLeast} was committed`);
  }

  /** Looks at one replica after each of its steps. */
  after(replica: SimReplica, nowMs: number): void {
    const { state } = replica;
    const known = this.epochs.get(replica.id) ?? -1;
    check(state.epoch >= known, `monotonic epochs: ${replica.id} goes from ${known} to ${state.epoch}`);
    this.epochs.set(replica.id, state.epoch);
    if (state.role.name !== 'leader' || leaseRefusal(state, nowMs) !== null) return;
    const { highWatermark } = state;
    check(
      highWatermark >= this.committedOffset,
      `stale lease of ${replica.id}: ${highWatermark} of ${this.committedOffset}`,
    );
  }

  /** All that was ever committed is on a replica. */
  comparePrefix(replica: SimReplica, upTo: bigint, rule: string): void {
    const { disk } = replica;
    check(disk.endOffset >= upTo, `${rule}: ${replica.id} ends at ${disk.endOffset}, ${upTo} is committed`);
    for (const batch of disk.batches) if (batch.endOffset <= upTo) this.compare(replica, batch, rule);
  }

  private extend(replica: SimReplica, batch: EntryBatch, all: ReadonlyMap<ReplicaId, SimReplica>): void {
    check(
      batch.baseOffset === this.committedOffset,
      `${replica.id} commits ${placeOf(batch)} after ${this.committedOffset}`,
    );
    const { latest, committed } = replica.state.memberships;
    const has = (voter: ReplicaId) => {
      const disk = all.get(voter)?.disk;
      return (
        disk !== undefined && disk.durableOffset >= batch.endOffset && disk.batches.some((own) => isSame(own, batch))
      );
    };
    const isDurable = ({ voters }: Membership) => voters.filter(has).length * 2 > voters.length;
    check(
      isDurable(latest) || isDurable(committed),
      `no majority has ${placeOf(batch)} on disk when ${replica.id} commits it`,
    );
    this.committed.push(batch);
  }

  private compare(replica: SimReplica, batch: EntryBatch, rule: string): void {
    const index = this.indexOf(batch.baseOffset);
    const truth = this.committed[index];
    check(
      truth !== undefined && isSame(truth, batch),
      `${rule}: ${replica.id} has ${placeOf(batch)} where ${truth ? placeOf(truth) : 'another batch'} is committed`,
    );
  }

  private indexOf(baseOffset: bigint): number {
    let low = 0;
    let high = this.committed.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.committed[middle]!.baseOffset;
      if (found === baseOffset) return middle;
      if (found < baseOffset) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

function isSame(a: EntryBatch, b: EntryBatch): boolean {
  return a === b || (a.baseOffset === b.baseOffset && a.epoch === b.epoch && idOf(a) === idOf(b));
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RaftCheckError(message);
}
