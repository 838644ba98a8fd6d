import type { GroupError } from '../group-errors.js';
import { EMPTY_STATE } from './group-state.js';
import type { ConsumerGroupRecord, ConsumerGroupState } from './types.js';

/** A change on its way to the log. */
interface Flight {
  readonly state: ConsumerGroupState;
  readonly records: readonly ConsumerGroupRecord[];
  readonly waiters: ((error: GroupError) => void)[];
}

/** Wait for the revocation that was asked of a member in an epoch. */
interface RevocationDeadline {
  readonly epoch: number;
  readonly deadlineMs: number;
}

/**
 * One group of the consumer protocol with what is not in the log: deadlines, and changes on their way there. Decisions rest on the
 * newest state, answers wait until what they rest on is durable; if it cannot be written the group is again what the log has.
 */
export class ConsumerGroup {
  readonly type = 'consumer';
  /** With the changes under way. */
  state: ConsumerGroupState;
  /** When each member's session ends without a sign of life. */
  readonly sessionDeadlines = new Map<string, number>();
  readonly revocationDeadlines = new Map<string, RevocationDeadline>();
  /** For members of the classic protocol: when they must have joined, or synced, at the latest. */
  readonly joinDeadlines = new Map<string, number>();
  readonly syncDeadlines = new Map<string, number>();
  /** The topics that the group last looked at. */
  topicsVersion = -1;
  /** The topics in which each regular expression was last looked up. */
  readonly regexVersions = new Map<string, number>();
  #durable: ConsumerGroupState;
  readonly #flights: Flight[] = [];
  /** Lost changes that may yet be in the log: their keys, to be written again as they are now. */
  readonly #unsure = new Map<string, ConsumerGroupRecord>();

  constructor(
    readonly groupId: string,
    state: ConsumerGroupState = EMPTY_STATE,
  ) {
    this.state = state;
    this.#durable = state;
  }

  get isWriting(): boolean {
    return this.#flights.length > 0;
  }

  /** Calls back when all that was decided so far is durable, or lost. */
  whenDurable(waiter: (error: GroupError) => void): void {
    const last = this.#flights.at(-1);
    if (last) last.waiters.push(waiter);
    else waiter('NONE');
  }

  /** Takes a change in. Gives what to write for it, and what to call with the outcome. */
  begin(
    state: ConsumerGroupState,
    records: readonly ConsumerGroupRecord[],
    waiter: (error: GroupError) => void,
  ): { readonly records: readonly ConsumerGroupRecord[]; readonly end: (error: GroupError) => void } {
    const changed = new Set(records.map(keyOf));
    const again = [...this.#unsure.values()]
      .filter((record) => !changed.has(keyOf(record)))
      .map((record) => presentRecord(this.state, record));
    const flight: Flight = { state, records: [...again, ...records], waiters: [waiter] };
    this.state = state;
    this.#flights.push(flight);
    return { records: flight.records, end: (error) => this.#end(flight, error) };
  }

  #end(flight: Flight, error: GroupError): void {
    // It was given up together with an earlier one.
    if (!this.#flights.includes(flight)) return;
    if (error === 'NONE') {
      this.#flights.shift();
      this.#durable = flight.state;
      for (const record of flight.records) this.#unsure.delete(keyOf(record));
      for (const waiter of flight.waiters) waiter('NONE');
      return;
    }
    const lost = this.#flights.splice(0);
    this.state = this.#durable;
    for (const { records } of lost) for (const record of records) this.#unsure.set(keyOf(record), record);
    for (const { waiters } of lost) for (const waiter of waiters) waiter(error);
  }
}

function keyOf(record: ConsumerGroupRecord): string {
  return 'id' in record ? `${record.kind}:${record.id}` : record.kind;
}

/** What the log should have under the key of a record. */
function presentRecord(state: ConsumerGroupState, record: ConsumerGroupRecord): ConsumerGroupRecord {
  const { epoch, metadataHash, targetEpoch, members, target, regexes } = state;
  switch (record.kind) {
    case 'epoch':
      return { kind: 'epoch', value: epoch === 0 ? null : { epoch, metadataHash } };
    case 'targetEpoch':
      return { kind: 'targetEpoch', value: targetEpoch === 0 ? null : { epoch: targetEpoch } };
    case 'member':
      return { ...record, value: members.get(record.id)?.subscription ?? null };
    case 'current':
      return { ...record, value: members.get(record.id)?.current ?? null };
    case 'target':
      return { ...record, value: target.get(record.id) ?? null };
    case 'regex':
      return { ...record, value: regexes.get(record.id) ?? null };
  }
}
