import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConsumerHarness, type FakeMember } from '../../../test/consumer-harness.js';
import { phaseOf } from './group-state.js';

const WHO = ['a', 'b', 'c', 'd'];
const who = fc.constantFrom(...WHO);
const topics = fc.subarray(['rides', 'drivers', 'prices'], { minLength: 1 });

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), who, topics }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('beat' as const), who }) },
  fc.record({ do: fc.constant('loseAnswer' as const), who }),
  fc.record({ do: fc.constant('leave' as const), who }),
  fc.record({ do: fc.constant('crash' as const), who }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.nat(900) }),
  fc.record({ do: fc.constant('grow' as const), topic: fc.constantFrom('rides', 'drivers', 'prices') }),
  fc.record({ do: fc.constant('drop' as const), topic: fc.constantFrom('drivers', 'prices') }),
  fc.record({ do: fc.constant('commit' as const), who }),
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('failNextWrite' as const), who }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Clients that follow the protocol, and what must hold of them whatever happens. */
class Model {
  readonly group = new ConsumerHarness({ consumerMaxMembers: WHO.length });
  readonly members = new Map<string, FakeMember>();
  lastAcknowledged: bigint | undefined;
  #joined = 0;
  #offset = 0n;
  readonly #sizes = new Map<string, number>();

  constructor() {
    for (const topic of ['rides', 'drivers']) this.#resize(topic, 3);
  }

  run(step: Action): void {
    const member = 'who' in step ? this.members.get(step.who) : undefined;
    switch (step.do) {
      case 'join':
        if (!member) this.#join(step.who, step.topics);
        break;
      case 'beat':
        member?.beat();
        break;
      case 'loseAnswer':
        if (member && member.epoch > 0) this.#loseAnswer(member);
        break;
      case 'leave':
        member?.leave();
        this.members.delete(step.who);
        break;
      case 'crash':
        this.members.delete(step.who);
        break;
      case 'advance':
        this.group.advance(step.ms);
        break;
      case 'grow':
        this.#resize(step.topic, (this.#sizes.get(step.topic) ?? 0) + 1);
        break;
      case 'drop':
        this.#sizes.delete(step.topic);
        this.group.topics.delete(step.topic);
        break;
      case 'commit':
        if (member && member.epoch > 0) this.#commit(member);
        break;
      case 'restart':
        this.group.restart();
        break;
      case 'failNextWrite':
        if (member) this.#failWrite(member);
        break;
    }
  }

  /** Clients that still believe that they are members, and are within their sessions, never have a partition in common. */
  check(): void {
    const state = this.group.coordinator.groups().find((each) => each.type === 'consumer')?.state;
    if (!state) return;
    const owners = new Map<string, string>();
    for (const member of this.members.values()) {
      // Who was removed has yet to hear of it.
      if (!state.members.has(member.memberId)) continue;
      for (const name of member.owned) {
        expect([name, owners.get(name)]).toEqual([name, undefined]);
        owners.set(name, member.memberId);
      }
    }
    const held = new Map<string, string>();
    for (const { memberId, current } of state.members.values()) {
      for (const partitions of [current.assigned, current.pendingRevocation]) {
        for (const [topicId, numbers] of partitions) {
          for (const partition of numbers) {
            const name = `${topicId}-${partition}`;
            expect([name, held.get(name)]).toEqual([name, undefined]);
            held.set(name, memberId);
          }
        }
      }
      expect(current.epoch).toBeLessThanOrEqual(state.epoch);
    }
    expect(this.group.committed()).toBe(this.lastAcknowledged);
  }

  /** Once nothing happens any more, every partition that someone reads has exactly one owner, who reads it. */
  settle(): void {
    this.group.heldAppends = null;
    const alive = [...this.members.values()];
    // Those who crashed are out after their sessions.
    for (let round = 0; round < 14; round++) {
      this.group.advance(500);
      for (const member of alive) member.beat();
    }
    if (alive.length === 0) {
      const group = this.group.coordinator.groups().find((each) => each.type === 'consumer');
      expect(group ? phaseOf(group.state) : 'Empty').toBe('Empty');
      return;
    }
    this.group.settle(...alive);
    const { state } = this.group.consumerGroup();
    expect(phaseOf(state)).toBe('Stable');
    const readers = new Map<string, string[]>();
    for (const { memberId, subscription } of state.members.values()) {
      for (const name of subscription.topicNames) readers.set(name, [...(readers.get(name) ?? []), memberId]);
    }
    const expected: string[] = [];
    for (const [topic, size] of this.#sizes) {
      if (readers.has(topic)) for (let index = 0; index < size; index++) expected.push(`${topic}-${index}`);
    }
    expect(alive.flatMap((member) => member.owned).sort()).toEqual(expected.sort());
    for (const member of alive) {
      for (const name of member.owned) expect(readers.get(name.replace(/-\d+$/, ''))).toContain(member.memberId);
    }
  }

  #join(name: string, topicNames: string[]): void {
    this.#joined += 1;
    const member = this.group.member(`${name}${this.#joined}`, { topicNames });
    this.members.set(name, member.join());
  }

  /** The coordinator moves on and the client does not know. */
  #loseAnswer(member: FakeMember): void {
    const owned = member.ownedLists();
    this.group.beat({ memberId: member.memberId, memberEpoch: member.epoch, owned });
  }

  #failWrite(member: FakeMember): void {
    this.group.heldAppends = [];
    const request = this.group.ask68({
      memberId: member.memberId,
      memberEpoch: member.epoch,
      owned: member.ownedLists(),
    });
    this.group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(this.group.answer(request)).toBeDefined();
  }

  #commit(member: FakeMember): void {
    this.#offset += 1n;
    const errors = this.group.commitErrors(this.group.commit(member.memberId, member.epoch, this.#offset));
    if (errors?.[0] === 'NONE') this.lastAcknowledged = this.#offset;
  }

  #resize(topic: string, partitions: number): void {
    this.#sizes.set(topic, partitions);
    this.group.topics.set(topic, partitions);
  }
}

describe('whatever members do', () => {
  it('no partition has two owners, no commit is lost, and the group settles on a whole assignment', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const model = new Model();
        for (const step of actions) {
          model.run(step);
          model.check();
        }
        model.settle();
        model.check();
      }),
      { numRuns: 300 },
    );
  });

  it('a restart at any moment changes nothing that was answered', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const model = new Model();
        for (const step of actions) model.run(step);
        const before = model.group.coordinator.groups().find((each) => each.type === 'consumer')?.state;
        model.group.restart();
        const after = model.group.coordinator.groups().find((each) => each.type === 'consumer')?.state;
        expect(after).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});
