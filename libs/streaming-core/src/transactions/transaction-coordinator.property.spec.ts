import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CoordinatorWorld } from './fixtures/coordinator-world.js';
import type { ProducerIdentity } from './coordinator-types.js';
import type { TransactionVersion } from './transaction-types.js';

/**
 * Producers that share transactional ids do what they like, records fail to be written, the coordinator is killed, time passes. At each
 * moment: one outcome for each transaction, an outcome that was told comes true, and who is fenced changes nothing.
 */
type Step =
  | { readonly kind: 'init' | 'begin'; readonly who: number }
  | { readonly kind: 'end'; readonly who: number; readonly isCommit: boolean }
  | { readonly kind: 'settleAppend'; readonly fails: boolean }
  | { readonly kind: 'settleMarkers' | 'restart' }
  | { readonly kind: 'tick'; readonly ms: number };

const PRODUCERS = 4;
const TIMEOUT_MS = 5_000;
/** The coordinator's own pause before it tries again. */
const RETRY_MS = 1_000;
const who = fc.nat(PRODUCERS - 1);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('init' as const), who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const), who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), who, isCommit: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('settleAppend' as const),
      fails: fc.integer({ max: 9 }).map((n) => n === 0),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'settleMarkers' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.integer({ min: 1, max: 6_000 }) }) },
);

interface Told {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
}

class Run {
  readonly world = new CoordinatorWorld();
  readonly #producers: (ProducerIdentity | null)[] = Array.from({ length: PRODUCERS }, () => null);
  /** Requests without an answer. */
  readonly #open = new Map<number, (producer: ProducerIdentity) => void>();
  /** Outcomes that a client was told, by the epoch that the markers carry. */
  readonly told: Told[] = [];
  readonly #outcomes = new Map<string, boolean>();

  constructor(readonly clientVersion: TransactionVersion) {}

  step(step: Step): void {
    const { world } = this;
    switch (step.kind) {
      case 'init': {
        this.#init(step.who);
        return;
      }
      case 'begin': {
        this.#begin(step.who);
        return;
      }
      case 'end': {
        this.#end(step.who, step.isCommit);
        return;
      }
      case 'settleAppend': {
        world.settleAppend(step.fails ? 'COORDINATOR_NOT_AVAILABLE' : 'NONE');
        return;
      }
      case 'settleMarkers': {
        world.settleMarkers();
        return;
      }
      case 'tick': {
        world.tick(step.ms);
        return;
      }
      case 'restart':
        this.#open.clear();
        {
          world.restart();
          return;
        }
    }
  }

  check(): void {
    for (const [requestId, then] of this.#open) {
      const reply = this.world.replies.get(requestId);
      if (!reply) continue;
      this.#open.delete(requestId);
      if (reply.error === 'NONE') then(reply);
      // Somebody else has the id, or the transaction timed out: this producer is over.
    }
    const markers = [...this.world.written, ...this.world.markers];
    for (const { transactionalId, producerId, producerEpoch, isCommit } of markers) {
      const key = this.clientVersion === 2 ? `${transactionalId} ${producerId} ${producerEpoch}` : null;
      // By the older rules transactions of one epoch cannot be told apart by their markers.
      if (key === null) continue;
      expect(this.#outcomes.get(key) ?? isCommit).toBe(isCommit);
      this.#outcomes.set(key, isCommit);
    }
  }

  #idOf(index: number): string {
    return index % 2 === 0 ? 'even' : 'odd';
  }

  #init(index: number): void {
    const input = { type: 'init', timeoutMs: TIMEOUT_MS, expected: null } as const;
    const request = this.world.ask(this.#idOf(index), input);
    this.#open.set(request, (producer) => (this.#producers[index] = producer));
  }

  #begin(index: number): void {
    const producer = this.#producers[index];
    if (!producer) return;
    const { producerId, producerEpoch } = producer;
    const transactionalId = this.#idOf(index);
    const partitions = [{ topic: 't', partition: index }];
    const { clientVersion } = this;
    const current = this.world.coordinator.get(transactionalId);
    const isFenced = current?.producerId !== producerId || current.producerEpoch !== producerEpoch;
    const request = this.world.ask(transactionalId, {
      type: 'addPartitions',
      producerId,
      producerEpoch,
      partitions,
      clientVersion,
    });
    // Who is not the producer of the moment is refused at once, whatever else goes on.
    if (isFenced) expect(this.world.replies.get(request)?.error).toMatch(/FENCED|MAPPING/);
  }

  #end(index: number, isCommit: boolean): void {
    const producer = this.#producers[index];
    if (!producer) return;
    const { producerId, producerEpoch } = producer;
    const transactionalId = this.#idOf(index);
    const { clientVersion } = this;
    const before = this.world.coordinator.get(transactionalId);
    const request = this.world.ask(transactionalId, {
      type: 'end',
      producerId,
      producerEpoch,
      isCommit,
      clientVersion,
    });
    const isOngoing = before?.state === 'Ongoing' && before.producerEpoch === producerEpoch;
    this.#open.set(request, (next) => {
      if (clientVersion === 2) this.#producers[index] = next;
      if (!isOngoing) return;
      const markerEpoch = clientVersion === 2 ? producerEpoch + 1 : producerEpoch;
      this.told.push({ transactionalId, producerId, producerEpoch: markerEpoch, isCommit });
    });
  }
}

describe('the transaction coordinator, whatever happens', () => {
  it.each([0, 2] as const)(
    'decides each transaction once and keeps what it told, by the rules of version %s',
    (version) => {
      fc.assert(
        fc.property(fc.array(steps, { minLength: 20, maxLength: 120, size: 'max' }), (script) => {
          const run = new Run(version);
          for (const step of script) {
            run.step(step);
            run.check();
          }
          // In the end all is written, what failed a moment before as well, and again after a restart.
          run.world.settle();
          run.world.tick(RETRY_MS);
          run.world.settle();
          run.check();
          for (const { transactionalId, producerId, producerEpoch, isCommit } of run.told) {
            const expected = { transactionalId, producerId, producerEpoch, isCommit };
            expect(run.world.written).toContainEqual(expect.objectContaining(expected));
          }
          const before = run.world.coordinator.all().map((each) => ({ ...each, lastProducerEpoch: -1 }));
          run.world.restart();
          expect(run.world.markers).toEqual([]);
          expect(run.world.coordinator.all()).toEqual(
            expect.arrayContaining(before.filter((each) => each.producerEpoch >= 0)),
          );
          for (const { state } of run.world.coordinator.all()) expect(state).not.toMatch(/^Prepare/);
        }),
        { numRuns: 300 },
      );
    },
  );
});
