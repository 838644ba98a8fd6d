import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePlace, requestStep, type RequestEvent, type RequestState } from './request-flow.js';

const A = { lat: 1, lon: 2 };
const B = { lat: 3, lon: 4 };
const quote = { fareCents: 900, surge: 1, distanceM: 2_000, durationS: 400, zone: 'z1' };
const after = (...events: RequestEvent[]): RequestState => events.reduce<RequestState>(requestStep, { step: 'closed' });
const open: RequestEvent = { type: 'open' };
const at = (place: typeof A): RequestEvent => ({ type: 'place', at: place });
const quoted: RequestEvent[] = [open, at(A), at(B), { type: 'quote', quote }];

describe('requestStep', () => {
  it('goes from two clicks to a quote to a request', () => {
    expect(after(open)).toMatchObject({ step: 'pickup' });
    expect(after(open, at(A))).toMatchObject({ step: 'dropoff', pickup: A });
    expect(after(open, at(A), at(B))).toEqual({ step: 'quoting', pickup: A, dropoff: B });
    expect(after(...quoted)).toMatchObject({ step: 'quoted', quote });
    expect(after(...quoted, { type: 'confirm' })).toMatchObject({ step: 'confirming' });
    expect(after(...quoted, { type: 'confirm' }, { type: 'requested' })).toEqual({ step: 'closed' });
  });

  it('takes typed places at once', () => {
    expect(after(open, { type: 'both', pickup: A, dropoff: B })).toEqual({ step: 'quoting', pickup: A, dropoff: B });
  });

  it('stays where a failure can be mended, with its reason', () => {
    const failed: RequestEvent = { type: 'failed', problem: 'no road there' };
    expect(after(open, at(A), at(B), failed)).toEqual({ step: 'dropoff', pickup: A, problem: 'no road there' });
    expect(after(...quoted, { type: 'confirm' }, failed)).toMatchObject({ step: 'quoted', problem: 'no road there' });
  });

  it('asks for the pick-up anew when that is what was refused', () => {
    const failed: RequestEvent = { type: 'failed', problem: 'outside', about: 'pickup' };
    expect(after(open, at(A), at(B), failed)).toEqual({ step: 'pickup', problem: 'outside' });
  });

  it('goes back a step at a time', () => {
    expect(after(...quoted, { type: 'back' })).toMatchObject({ step: 'dropoff', pickup: A });
    expect(after(...quoted, { type: 'back' }, { type: 'back' }, { type: 'back' })).toEqual({ step: 'closed' });
  });

  it('ignores a quote that comes after it was closed', () => {
    expect(after(open, at(A), at(B), { type: 'cancel' }, { type: 'quote', quote })).toEqual({ step: 'closed' });
  });

  it('does not lose a request that is on its way', () => {
    expect(after(...quoted, { type: 'confirm' }, { type: 'cancel' })).toMatchObject({ step: 'confirming' });
  });

  it('has places whenever it asks for a quote, whatever the order of events', () => {
    const event = fc.constantFrom<RequestEvent>(
      open,
      at(A),
      { type: 'cancel' },
      { type: 'back' },
      { type: 'confirm' },
      { type: 'requested' },
      { type: 'quote', quote },
      { type: 'failed', problem: 'x' },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const state = after(...events);
        if (state.step === 'closed' || state.step === 'pickup') return;
        expect(state.pickup).toBeDefined();
        if (state.step !== 'dropoff') expect(state.dropoff).toBeDefined();
      }),
    );
  });
});

describe('parsePlace', () => {
  it('reads latitude, longitude', () => {
    expect(parsePlace(' 40.75, -73.98 ')).toEqual({ lat: 40.75, lon: -73.98 });
    expect(parsePlace('40 -73')).toEqual({ lat: 40, lon: -73 });
  });

  it.each(['', 'Chelsea', '40.75', '95, 10', '10, 190', '1,2,3'])('refuses %p', (text) =>
    expect(parsePlace(text)).toBeNull(),
  );
});
