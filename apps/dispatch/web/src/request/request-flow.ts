import type { QuoteView } from '../../../src/live/protocol.js';
import type { Place } from '../api/dispatch-api.js';

/**
 * Asking for a ride, step by step:
 * closed -> pickup -> dropoff -> quoting -> quoted -> confirming -> closed (and the ride is followed).
 * `problem` says why the last step did not work; the person stays where it can be mended.
 */
export type RequestState =
  | { readonly step: 'closed' }
  | { readonly step: 'pickup'; readonly problem: string | null }
  | { readonly step: 'dropoff'; readonly pickup: Place; readonly problem: string | null }
  | { readonly step: 'quoting'; readonly pickup: Place; readonly dropoff: Place }
  | {
      readonly step: 'quoted' | 'confirming';
      readonly pickup: Place;
      readonly dropoff: Place;
      readonly quote: QuoteView;
      readonly problem: string | null;
    };

export type RequestEvent =
  | { readonly type: 'open' }
  | { readonly type: 'cancel' }
  | { readonly type: 'back' }
  | { readonly type: 'place'; readonly at: Place }
  | { readonly type: 'both'; readonly pickup: Place; readonly dropoff: Place }
  | { readonly type: 'quote'; readonly quote: QuoteView }
  | { readonly type: 'confirm' }
  | { readonly type: 'requested' }
  | { readonly type: 'failed'; readonly problem: string; readonly about?: 'pickup' | 'dropoff' };

const CLOSED: RequestState = { step: 'closed' };

function place(state: RequestState, at: Place): RequestState {
  if (state.step === 'pickup') return { step: 'dropoff', pickup: at, problem: null };
  if (state.step === 'dropoff') return { step: 'quoting', pickup: state.pickup, dropoff: at };
  return state;
}

function back(state: RequestState): RequestState {
  if (state.step === 'dropoff') return { step: 'pickup', problem: null };
  if (state.step === 'quoting' || state.step === 'quoted') {
    return { step: 'dropoff', pickup: state.pickup, problem: null };
  }
  return state.step === 'confirming' ? state : CLOSED;
}

function failed(state: RequestState, problem: string, about: 'pickup' | 'dropoff'): RequestState {
  if (state.step === 'quoting' && about === 'pickup') return { step: 'pickup', problem };
  if (state.step === 'quoting') return { step: 'dropoff', pickup: state.pickup, problem };
  if (state.step === 'confirming') return { ...state, step: 'quoted', problem };
  return state;
}

/** Events that do not fit the step (a late answer, a second click) change nothing. */
export function requestStep(state: RequestState, event: RequestEvent): RequestState {
  switch (event.type) {
    case 'open':
      return state.step === 'closed' ? { step: 'pickup', problem: null } : state;
    case 'cancel':
      return state.step === 'confirming' ? state : CLOSED;
    case 'back':
      return back(state);
    case 'place':
      return place(state, event.at);
    case 'both':
      return state.step === 'pickup' || state.step === 'dropoff'
        ? { step: 'quoting', pickup: event.pickup, dropoff: event.dropoff }
        : state;
    case 'quote': {
      if (state.step !== 'quoting') return state;
      const { pickup, dropoff } = state;
      return { step: 'quoted', pickup, dropoff, quote: event.quote, problem: null };
    }
    case 'confirm':
      return state.step === 'quoted' ? { ...state, step: 'confirming', problem: null } : state;
    case 'requested':
      return state.step === 'confirming' ? CLOSED : state;
    case 'failed':
      return failed(state, event.problem, event.about ?? 'dropoff');
  }
}

/** `40.7528, -73.9765`: latitude first, as people write it. Null when it is not a place on earth. */
export function parsePlace(text: string): Place | null {
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const [lat, lon] = [Number(match[1]), Number(match[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}
