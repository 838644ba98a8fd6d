import type { ReactElement } from 'react';
import type { RideState } from '@ridestream/ride-domain/rides/ride-states';
import { RIDE_STATE_WORDS } from '../format/ride-words.js';

export function RideChip({ state }: { readonly state: RideState }): ReactElement {
  return (
    <span className="chip" data-state={state}>
      {RIDE_STATE_WORDS[state]}
    </span>
  );
}
