import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot-format.js';
import { advanceSequence, ProducerStates } from './producer-state.js';

const MAX = 2 ** 31 - 1;

/** A batch of `count` records as producer 1 sends it; offset = number of records recorded before. */
function writer(states: ProducerStates, producerId = 1n) {
  let offset = 0n;
  return (producerEpoch: number, firstSequence: number, count = 1, writtenMs = 0) => {
    const lastSequence = advanceSequence(firstSequence, count - 1);
    const batch = { producerId, producerEpoch, firstSequence, lastSequence, isTransactional: false };
    const known = states.check(batch);
    if (known !== null) return known;
    const firstOffset = offset;
    offset += BigInt(count);
    states.record({ ...batch, firstOffset, lastOffset: offset - 1n, timestampMs: 0, writtenMs });
    return null;
  };
}

describe('ProducerStates', () => {
  it('takes batches in sequence and refuses a gap', () => {
    const send = writer(new ProducerStates());
    expect(send(0, 0, 3)).toBeNull();
    expect(send(0, 3)).toBeNull();
    expect(() => send(0, 5)).toThrow(expect.objectContaining({ errorName: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
  });

  it('lets a producer that it does not know begin anywhere', () => {
    expect(writer(new ProducerStates())(3, 77)).toBeNull();
  });

  it('knows the last five batches again, an older one not', () => {
    const send = writer(new ProducerStates());
    for (let sequence = 0; sequence < 14; sequence += 2) send(0, sequence, 2);
    for (const sequence of [4, 6, 8, 10, 12])
      expect(send(0, sequence, 2)).toMatchObject({ firstOffset: BigInt(sequence) });
    expect(() => send(0, 2, 2)).toThrow(expect.objectContaining({ errorName: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
    expect(() => send(0, 12, 1)).toThrow(expect.objectContaining({ errorName: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
  });

  it('fences older epochs, and begins a new one at 0', () => {
    const send = writer(new ProducerStates());
    send(1, 0);
    expect(() => send(0, 1)).toThrow(expect.objectContaining({ errorName: 'INVALID_PRODUCER_EPOCH' }));
    expect(() => send(2, 1)).toThrow(expect.objectContaining({ errorName: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }));
    expect(send(2, 0)).toBeNull();
    expect(send(2, 1)).toBeNull();
  });

  it('wraps from 2^31 - 1 to 0, within and between batches', () => {
    expect(advanceSequence(MAX, 1)).toBe(0);
    expect(advanceSequence(MAX - 1, 3)).toBe(1);
    const between = writer(new ProducerStates());
    between(0, MAX - 1, 2);
    expect(between(0, 0)).toBeNull();
    const within = writer(new ProducerStates());
    within(0, MAX - 1, 4);
    expect(within(0, 2)).toBeNull();
    expect(within(0, MAX - 1, 4)).toMatchObject({ firstOffset: 0n });
  });

  it('forgets who wrote nothing lately, and the oldest at the bound', () => {
    const states = new ProducerStates({ expirationMs: 1000, maxProducers: 3 });
    for (const id of [1n, 2n, 3n]) writer(states, id)(0, 0, 1, Number(id));
    writer(states, 4n)(0, 0, 1, 500);
    expect(states.size).toBe(3);
    expect(writer(states, 1n)(0, 9, 1, 600)).toBeNull();
    states.expire(1550);
    expect(states.size).toBe(1);
  });

  it('does what a plain list of all batches says, also after being saved and restored', () => {
    const batch = fc.record({
      epoch: fc.integer({ min: 0, max: 2 }),
      sequence: fc.integer({ min: 0, max: 8 }),
      count: fc.integer({ min: 1, max: 2 }),
      restore: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 40 }), (batches) => {
        let states = new ProducerStates();
        let offset = 0n;
        let epoch = -1;
        let history: { sequence: number; count: number; offset: bigint }[] = [];
        for (const { epoch: sentEpoch, sequence, count, restore } of batches) {
          const sent = {
            producerId: 1n,
            producerEpoch: sentEpoch,
            firstSequence: sequence,
            lastSequence: sequence + count - 1,
            isTransactional: false,
          };
          const last = history.at(-1);
          const repeated = history.slice(-5).find((known) => known.sequence === sequence && known.count === count);
          const expected =
            epoch < 0
              ? 'new'
              : sentEpoch < epoch
                ? 'INVALID_PRODUCER_EPOCH'
                : sentEpoch > epoch
                  ? sequence === 0
                    ? 'new'
                    : 'OUT_OF_ORDER_SEQUENCE_NUMBER'
                  : repeated
                    ? repeated.offset
                    : sequence === last!.sequence + last!.count
                      ? 'new'
                      : 'OUT_OF_ORDER_SEQUENCE_NUMBER';
          expect(outcome(states, sent)).toBe(expected);
          if (expected === 'new') {
            const lastOffset = offset + BigInt(count - 1);
            states.record({ ...sent, firstOffset: offset, lastOffset, timestampMs: 0, writtenMs: 0 });
            if (sentEpoch !== epoch) history = [];
            epoch = sentEpoch;
            history.push({ sequence, count, offset });
            offset += BigInt(count);
          }
          if (restore) {
            const saved = encodeSnapshot(states.entries());
            states = new ProducerStates();
            states.restore(decodeSnapshot(saved)!);
          }
        }
      }),
    );
  });
});

function outcome(states: ProducerStates, batch: Parameters<ProducerStates['check']>[0]): string | bigint {
  try {
    return states.check(batch)?.firstOffset ?? 'new';
  } catch (error) {
    return (error as { errorName: string }).errorName;
  }
}
