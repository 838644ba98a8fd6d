import { useEffect, useState } from 'react';
import type { RideView } from '../../../src/live/protocol.js';
import { dispatchApi, messageOf } from '../api/dispatch-api.js';

export interface RideAnswer {
  readonly rideId: string;
  readonly ride: RideView | null;
  readonly problem: string | null;
}

const REFRESH_MS = 1_500;

/**
 * A ride with its timeline, asked for anew while it is on screen: at once when `updatedAt` moves (the live state saw a
 * change), and at a slow pace for events that do not show there.
 */
export function useRide(rideId: string, updatedAt: number | undefined): RideAnswer {
  const [answer, setAnswer] = useState<RideAnswer>({ rideId, ride: null, problem: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = async (): Promise<void> => {
      try {
        const ride = await dispatchApi.ride(rideId, abort.signal);
        if (!abort.signal.aborted) setAnswer({ rideId, ride, problem: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        setAnswer((known) => ({
          rideId,
          ride: known.rideId === rideId ? known.ride : null,
          problem: messageOf(error),
        }));
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void refresh(), REFRESH_MS);
    };
    void refresh();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [rideId, updatedAt]);
  return answer.rideId === rideId ? answer : { rideId, ride: null, problem: null };
}
