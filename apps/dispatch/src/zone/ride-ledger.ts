import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { FINAL_RIDE_STATES, type RideState } from '@ridestream/ride-domain/rides/ride-states';
import { type FoldVerdict, foldRecord, type RideRecord } from './ride-record.js';

/** What reading an event of the log back meant. */
export type ReadVerdict = FoldVerdict | 'own' | 'unknown_ride';

interface Entry {
  /** The fold of the log up to `nextOffset`; undefined until the ride's first event was read back. */
  confirmed: RideRecord | undefined;
  /** Decisions taken here that were not read back yet, oldest first. */
  readonly pending: RideEvent[];
  /** `confirmed` with `pending` applied: what decisions are based on. */
  view: RideRecord | undefined;
}

/** Called after a ride's view changed; `after` is undefined when the ride left the ledger. */
export type ViewListener = (rideId: string, before: RideRecord | undefined, after: RideRecord | undefined) => void;

/**
 * The rides of one partition. The log is the truth: `confirmed` records are a pure fold of RideEvents up to `nextOffset`,
 * whoever wrote them. Decisions count at once: each ride's view is its confirmed record with the decisions on top that
 * are still on their way through the log. Reading such a decision back moves it from the view into the confirmed record.
 *
 * If a write fails, {@link abandonPending} forgets what was not read back; should it reach the log after all, it is
 * read like anyone's event. So the ledger equals the log at every moment, and a checkpoint of it is right at every moment.
 */
export class RideLedger {
  private readonly entries = new Map<string, Entry>();
  /** Rides that ended lately, oldest first: their late events and repeated requests are known for what they are. */
  private readonly ended = new Set<string>();
  private next = 0n;

  constructor(
    private readonly endedMax: number,
    private readonly onView: ViewListener = () => undefined,
  ) {}

  /** Offset of the next RideEvents record to read. */
  get nextOffset(): bigint {
    return this.next;
  }

  get size(): number {
    return this.entries.size;
  }

  get pendingCount(): number {
    let count = 0;
    for (const entry of this.entries.values()) count += entry.pending.length;
    return count;
  }

  /** True for a ride that lives, that waits for its first event to come back, or that ended lately. */
  knows(rideId: string): boolean {
    return this.entries.has(rideId) || this.ended.has(rideId);
  }

  view(rideId: string): RideRecord | undefined {
    return this.entries.get(rideId)?.view;
  }

  /** Takes a decision of this instance. False when it does not fit the ride's state: it must then not be written. */
  decide(event: RideEvent): boolean {
    const entry = this.entries.get(event.rideId) ?? { confirmed: undefined, pending: [], view: undefined };
    const { record, verdict } = foldRecord(entry.view, event);
    if (verdict !== 'applied') return false;
    this.entries.set(event.rideId, entry);
    entry.pending.push(event);
    this.setView(event.rideId, entry, record);
    return true;
  }

  /** Takes in a record of RideEvents. Offsets below `nextOffset` were read before and change nothing. */
  read(event: RideEvent, offset: bigint): ReadVerdict {
    if (offset < this.next) return 'duplicate';
    this.next = offset + 1n;
    const entry = this.entries.get(event.rideId);
    if (entry === undefined) return this.readUnknown(event);
    const own = isSameDecision(entry.pending[0], event);
    if (own) entry.pending.shift();
    const { record, verdict } = foldRecord(entry.confirmed, event);
    entry.confirmed = record;
    this.settle(event.rideId, entry);
    return own ? 'own' : verdict;
  }

  /** An event that could not be read at all still moves the position on. */
  skip(offset: bigint): void {
    if (offset >= this.next) this.next = offset + 1n;
  }

  /** Forgets decisions that were not read back. Returns how many. */
  abandonPending(): number {
    let count = 0;
    for (const [rideId, entry] of this.entries) {
      if (entry.pending.length === 0) continue;
      count += entry.pending.length;
      entry.pending.length = 0;
      this.settle(rideId, entry);
    }
    return count;
  }

  /** Starts from a checkpoint, or from nothing. */
  restore(nextOffset: bigint, live: readonly RideRecord[], ended: readonly string[]): void {
    this.clear();
    this.next = nextOffset;
    for (const record of live) {
      const entry: Entry = { confirmed: record, pending: [], view: undefined };
      this.entries.set(record.ride.rideId, entry);
      this.setView(record.ride.rideId, entry, record);
    }
    for (const rideId of ended) this.remember(rideId);
  }

  clear(): void {
    for (const [rideId, entry] of this.entries) this.setView(rideId, entry, undefined);
    this.entries.clear();
    this.ended.clear();
  }

  /** Confirmed records of rides that live. */
  confirmed(): RideRecord[] {
    return [...this.entries.values()].flatMap(({ confirmed }) => (confirmed ? [confirmed] : []));
  }

  /** The rides that ended last, oldest first. */
  endedLately(max: number): string[] {
    return [...this.ended].slice(-max);
  }

  private readUnknown(event: RideEvent): ReadVerdict {
    if (this.ended.has(event.rideId)) return event.type === 'ride.queued' ? 'duplicate' : 'late';
    const { record, verdict } = foldRecord(undefined, event);
    if (record === undefined) return verdict === 'applied' ? 'unknown_ride' : verdict;
    const entry: Entry = { confirmed: record, pending: [], view: undefined };
    this.entries.set(event.rideId, entry);
    this.setView(event.rideId, entry, record);
    return verdict;
  }

  /** Computes the view anew, and lets a ride go that has ended in the log. */
  private settle(rideId: string, entry: Entry): void {
    let view = entry.confirmed;
    for (const event of entry.pending) view = foldRecord(view, event).record;
    const over = entry.confirmed !== undefined && hasEnded(entry.confirmed.ride.state);
    if (over || view === undefined) {
      this.setView(rideId, entry, undefined);
      this.entries.delete(rideId);
      if (over) this.remember(rideId);
      return;
    }
    this.setView(rideId, entry, view);
  }

  private setView(rideId: string, entry: Entry, view: RideRecord | undefined): void {
    const before = entry.view;
    if (before === view) return;
    entry.view = view;
    this.onView(rideId, before, view);
  }

  private remember(rideId: string): void {
    this.ended.delete(rideId);
    this.ended.add(rideId);
    if (this.ended.size <= this.endedMax) return;
    const oldest = this.ended.values().next();
    if (oldest.done !== true) this.ended.delete(oldest.value);
  }
}

const hasEnded = (state: RideState): boolean => FINAL_RIDE_STATES.has(state);

/** A decision is known again by what only its writer could have written: type, moment, and offer or driver. */
function isSameDecision(pending: RideEvent | undefined, read: RideEvent): boolean {
  if (pending === undefined || pending.type !== read.type || pending.at !== read.at) return false;
  return offerOf(pending) === offerOf(read);
}

const offerOf = (event: RideEvent): string => ('offerId' in event ? event.offerId : '');
