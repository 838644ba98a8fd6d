import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';

/** What happened in a zone in a minute of city time, as the log alone tells it. */
export interface WindowCount {
  readonly requests: number;
  readonly matches: number;
  readonly completions: number;
  readonly cancelledByRider: number;
  readonly cancelledByDriver: number;
  readonly noDriverFound: number;
}

type Counted = keyof WindowCount;

const NOTHING: WindowCount = {
  requests: 0,
  matches: 0,
  completions: 0,
  cancelledByRider: 0,
  cancelledByDriver: 0,
  noDriverFound: 0,
};

/** Counts by `<window start, ISO> <zone>`, of windows in which something happened. */
export type WindowTable = Readonly<Record<string, WindowCount>>;

/** Counts the log by hand, without any of the code that analytics uses. */
export function countWindows(
  requests: readonly { readonly event: RideRequestsEvent }[],
  rides: readonly { readonly event: RideEvent }[],
): WindowTable {
  const table: Record<string, WindowCount> = {};
  for (const { event } of [...requests, ...rides]) {
    const counted = whatCounts(event);
    if (counted === undefined) continue;
    const minute = new Date(Math.floor(event.at / 60_000) * 60_000).toISOString();
    const key = `${minute} ${event.zone}`;
    const before = table[key] ?? NOTHING;
    table[key] = { ...before, [counted]: before[counted] + 1 };
  }
  return table;
}

function whatCounts(event: RideEvent | RideRequestsEvent): Counted | undefined {
  switch (event.type) {
    case 'ride.requested':
      return 'requests';
    case 'ride.assigned':
      return 'matches';
    case 'ride.completed':
      return 'completions';
    case 'ride.driver_cancelled':
      return 'cancelledByDriver';
    case 'ride.no_driver_found':
      return 'noDriverFound';
    case 'ride.cancelled':
      return event.by === 'rider' ? 'cancelledByRider' : undefined;
    default:
      return undefined;
  }
}
