/** A client of the classic protocol that does what Kafka's cooperative consumers do, one request at a time: for tests. */
import { encodeConsumerProtocolSubscription } from '@platformatic/kafka';
import type { JoinInput } from '../src/groups/classic/types.js';
import { decodeAssignment } from '../src/groups/consumer-protocol.js';
import type { GroupError } from '../src/groups/group-errors.js';
import type { GroupHarness } from './group-harness.js';

export class ClassicMember {
  memberId = '';
  generationId = -1;
  /** `topic-partition`, sorted. */
  owned: string[] = [];
  error: GroupError = 'NONE';
  #join: number | null = null;

  constructor(
    private readonly group: GroupHarness,
    private readonly options: Partial<JoinInput> = {},
    private readonly topics: readonly string[] = ['rides'],
  ) {}

  join(): this {
    const metadata = encodeConsumerProtocolSubscription({
      version: 3,
      topics: [...this.topics],
      userData: Buffer.alloc(0),
      ownedPartitions: this.#ownedLists(),
      generationId: this.generationId,
      rackId: null,
    });
    this.#join = this.group.join(this.memberId, {
      sessionTimeoutMs: 1_000,
      protocols: [{ name: 'cooperative-sticky', metadata }],
      ...this.options,
    });
    return this;
  }

  /** Takes the answer of the join if there is one, and gets the assignment. */
  sync(): this {
    if (this.#join === null || this.group.answer(this.#join) === undefined) return this;
    const joined = this.group.joinAnswer(this.#join);
    this.#join = null;
    this.error = joined.error;
    if (joined.error !== 'NONE') {
      if (joined.error === 'UNKNOWN_MEMBER_ID') this.memberId = '';
      return this;
    }
    this.memberId = joined.memberId;
    this.generationId = joined.generationId;
    const synced = this.group.syncAnswer(this.group.sync(this.memberId, this.generationId, {}, this.#instanceId));
    this.error = synced.error;
    if (synced.error !== 'NONE') return this;
    const assignment = decodeAssignment(synced.assignment) ?? [];
    const assigned = assignment
      .flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`))
      .sort();
    const hasRevoked = this.owned.some((name) => !assigned.includes(name));
    this.owned = assigned;
    // A cooperative member that gave something up says so by joining again.
    return hasRevoked ? this.join().sync() : this;
  }

  /** A heartbeat, and what it asks for. */
  beat(): this {
    if (this.#join !== null) return this.sync();
    const { memberId, generationId } = this;
    const request = this.group.ask({ type: 'heartbeat', memberId, groupInstanceId: this.#instanceId, generationId });
    const answer = this.group.answer(request);
    if (answer?.type !== 'heartbeat') throw new Error('a heartbeat is answered at once');
    this.error = answer.error;
    if (answer.error === 'UNKNOWN_MEMBER_ID') {
      this.memberId = '';
      this.owned = [];
    }
    return answer.error === 'NONE' ? this : this.join().sync();
  }

  get #instanceId(): string | null {
    return this.options.groupInstanceId ?? null;
  }

  #ownedLists(): { topic: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>();
    for (const name of this.owned) {
      const dash = name.lastIndexOf('-');
      byTopic.set(name.slice(0, dash), [...(byTopic.get(name.slice(0, dash)) ?? []), Number(name.slice(dash + 1))]);
    }
    return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
  }
}
