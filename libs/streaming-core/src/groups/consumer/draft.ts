import type { GroupError } from '../group-errors.js';
import { applyRecords, isReconciled, isSameAssignment, ownersOf, targetOf } from './group-state.js';
import type { AssignorMember } from './assignor.js';
import { ASSIGNORS } from './assignors.js';
import { arePartitionsEqual, NO_PARTITIONS, type Partitions } from './partitions.js';
import { reconcile } from './reconcile.js';
import { forgetRegexes, metadataHash, resolveRegex, subscribedTopicNames, topicNamesOf } from './subscriptions.js';
import type {
  ConsumerGroupConfig,
  ConsumerGroupRecord,
  ConsumerGroupState,
  ConsumerMember,
  TopicsView,
} from './types.js';

/** Why a member is not served: the protocol's error with a sentence. */
export class GroupRefusal extends Error {
  override readonly name = 'GroupRefusal';
  constructor(
    readonly code: GroupError,
    message: string,
  ) {
    super(message);
  }
}

/** What decisions about a group rest on, beside the group itself. */
export interface DraftContext {
  readonly config: ConsumerGroupConfig;
  readonly topics: TopicsView;
  /** The topics are others than when the group last looked. */
  readonly haveTopicsChanged: boolean;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Who asks; null if nobody does, or if they name their topics. */
  readonly asker: Asker | null;
}

/** A member whose regular expression is looked up with its own rights, at its own heartbeats (as in Kafka). */
export interface Asker {
  readonly memberId: string;
  readonly maySee: (topic: string) => boolean;
  /** Whether a regular expression was looked up in the topics as they are. */
  readonly isResolved: (regex: string) => boolean;
}

/** A change of a group while it is decided: the records to write, and the state with them. */
export class Draft {
  readonly records: ConsumerGroupRecord[] = [];
  /** The group has looked at the topics as they are. */
  hasRefreshed = false;
  /** The regular expression that was looked up in them. */
  resolvedRegex: string | null = null;

  constructor(
    public state: ConsumerGroupState,
    readonly context: DraftContext,
  ) {}

  add(...records: ConsumerGroupRecord[]): void {
    this.records.push(...records);
    this.state = applyRecords(this.state, records);
  }

  member(memberId: string): ConsumerMember | undefined {
    return this.state.members.get(memberId);
  }

  /** Moves the group to a new epoch if what it reads has changed, or if `mustBump`. */
  refresh(mustBump: boolean): void {
    const { topics, wallMs, haveTopicsChanged } = this.context;
    const regex = this.#regexToResolve();
    if (!mustBump && !haveTopicsChanged && regex === null) return;
    this.hasRefreshed = true;
    this.add(...forgetRegexes(this.state));
    if (regex !== null) {
      this.resolvedRegex = regex;
      this.add(...resolveRegex(this.state, regex, topics, this.context.asker!.maySee, wallMs));
    }
    const hash = metadataHash(this.state, topics);
    if (!mustBump && hash === this.state.metadataHash) return;
    this.add({ kind: 'epoch', value: { epoch: this.state.epoch + 1, metadataHash: hash } });
  }

  /** Computes who shall have what in this epoch, unless that is done. */
  assign(): void {
    const { state } = this;
    if (state.epoch <= state.targetEpoch) return;
    const assignor = ASSIGNORS[preferredAssignor(state, this.context.config)]!;
    const { members, sizes } = this.#subscriptions();
    const assigned = assignor(members, sizes);
    const records: ConsumerGroupRecord[] = [];
    for (const memberId of state.members.keys()) {
      const value: Partitions = assigned.get(memberId) ?? NO_PARTITIONS;
      const previous = state.target.get(memberId);
      if (!previous || !arePartitionsEqual(previous, value)) records.push({ kind: 'target', id: memberId, value });
    }
    this.add(...records, { kind: 'targetEpoch', value: { epoch: state.epoch } });
  }

  /** Takes a member one step towards its target. */
  reconcile(memberId: string, owned: Partitions | null): void {
    const member = this.member(memberId)!;
    const { state } = this;
    if (isReconciled(member, state.targetEpoch)) return;
    const current = reconcile({
      current: member.current,
      targetEpoch: state.targetEpoch,
      target: targetOf(state, memberId),
      owned,
      owners: ownersOf(state),
    });
    if (!isSameAssignment(current, member.current)) this.add({ kind: 'current', id: memberId, value: current });
  }

  /** Takes a member out. The rest is assigned anew at the next heartbeat. */
  remove(memberId: string): void {
    this.removeMember(memberId);
    this.refresh(true);
  }

  /** Without a new epoch: for a member whose place another one takes. */
  removeMember(memberId: string): void {
    this.add(
      { kind: 'current', id: memberId, value: null },
      { kind: 'target', id: memberId, value: null },
      { kind: 'member', id: memberId, value: null },
    );
  }

  #regexToResolve(): string | null {
    const { asker } = this.context;
    if (asker === null) return null;
    const regex = this.member(asker.memberId)?.subscription.topicRegex ?? null;
    if (regex === null || (this.state.regexes.has(regex) && asker.isResolved(regex))) return null;
    return regex;
  }

  #subscriptions(): { readonly members: AssignorMember[]; readonly sizes: Map<string, number> } {
    const { state } = this;
    const { topics } = this.context;
    const sizes = new Map<string, number>();
    const ids = new Map<string, string>();
    for (const name of [...subscribedTopicNames(state)].sort()) {
      const topic = topics.get(name);
      if (!topic) continue;
      ids.set(name, topic.id);
      sizes.set(topic.id, topic.partitions);
    }
    const members = Array.from(state.members.values(), ({ memberId, subscription }): AssignorMember => {
      const topicIds = new Set<string>();
      for (const name of topicNamesOf(subscription, state)) {
        const id = ids.get(name);
        if (id !== undefined) topicIds.add(id);
      }
      return { memberId, instanceId: subscription.instanceId, topicIds, previous: targetOf(state, memberId) };
    });
    return { members, sizes };
  }
}

/** The one that most members ask for; the default if none does. */
export function preferredAssignor(state: ConsumerGroupState, config: ConsumerGroupConfig): string {
  const votes = new Map<string, number>();
  for (const { subscription } of state.members.values()) {
    const { serverAssignor } = subscription;
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  }
  let best: string | null = null;
  for (const [name, count] of votes) if (best === null || count > votes.get(best)!) best = name;
  return best !== null && config.consumerAssignors.includes(best) ? best : config.consumerAssignors[0]!;
}
