import type { RideState } from '@ridestream/ride-domain/rides/ride-states';
import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { LiveRide, TimelineEntry } from '../../../src/live/protocol.js';
import { formatDistance, formatDuration, formatFare, formatMinutes } from './format.js';

export const RIDE_STATE_WORDS: Readonly<Record<RideState, string>> = {
  queued: 'Waiting',
  offered: 'Offered',
  en_route: 'Driver coming',
  arrived: 'At pick-up',
  in_progress: 'On trip',
  completed: 'Completed',
  cancelled: 'Cancelled',
  no_driver_found: 'No driver',
};

export const DRIVER_STATE_WORDS: Readonly<Record<DriverState, string>> = {
  idle: 'Idle',
  offered: 'Has an offer',
  en_route: 'To pick-up',
  waiting: 'At pick-up',
  on_trip: 'On trip',
  offline: 'Offline',
};

export type Tone = 'neutral' | 'good' | 'busy' | 'warn' | 'bad';

export interface EntryWords {
  readonly title: string;
  readonly detail: string | null;
  readonly tone: Tone;
}

type Details = TimelineEntry['details'];
const number = (details: Details, field: string): number | null => {
  const value = details[field];
  return typeof value === 'number' ? value : null;
};
const word = (details: Details, field: string): string | null => {
  const value = details[field];
  return typeof value === 'string' ? value.replaceAll('_', ' ') : null;
};
const joined = (...parts: (string | null | false)[]): string | null => parts.filter(Boolean).join(' · ') || null;

const DECLINES: Readonly<Record<string, string>> = {
  declined: 'declined',
  busy: 'was busy with another ride',
  stale: 'answered too late',
  offline: 'had gone offline',
};

function offered({ driverId, details }: TimelineEntry): EntryWords {
  const attempt = number(details, 'attempt');
  const eta = number(details, 'pickupEtaS');
  const detail = joined(
    eta !== null && `${formatDuration(eta)} to the pick-up`,
    attempt !== null && attempt > 1 && `attempt ${attempt}`,
  );
  return { title: `Offered to ${driverId ?? 'a driver'}`, detail, tone: 'warn' };
}

function cancelled({ details }: TimelineEntry): EntryWords {
  const by = word(details, 'by') ?? 'someone';
  const fee = number(details, 'feeCents');
  return {
    title: `Cancelled by the ${by}`,
    detail: joined(word(details, 'reason'), !!fee && `fee ${formatFare(fee)}`),
    tone: 'bad',
  };
}

function completed({ details }: TimelineEntry): EntryWords {
  const [fare, distance, duration] = [
    number(details, 'fareCents'),
    number(details, 'distanceM'),
    number(details, 'durationS'),
  ];
  const detail = joined(
    fare !== null && `fare ${formatFare(fare)}`,
    distance !== null && formatDistance(distance),
    duration !== null && formatDuration(duration),
  );
  return { title: 'Completed', detail, tone: 'good' };
}

/** One event of a ride in words. Types that this page does not know are shown by their name. */
export function describeEntry(entry: TimelineEntry): EntryWords {
  const { type, driverId, details } = entry;
  const driver = driverId ?? 'The driver';
  const simple = (title: string, tone: Tone, detail: string | null = null): EntryWords => ({ title, detail, tone });
  switch (type) {
    case 'ride.queued':
      return simple('Requested', 'neutral', 'in the queue of its zone');
    case 'ride.offered':
      return offered(entry);
    case 'ride.offer_accepted':
      return simple(`${driver} accepted`, 'busy');
    case 'ride.offer_declined':
      return simple(`${driver} ${DECLINES[word(details, 'reason') ?? ''] ?? 'declined'}`, 'warn');
    case 'ride.offer_expired':
      return simple('Offer ran out', 'warn', `${driver} did not answer`);
    case 'ride.assigned': {
      const eta = number(details, 'pickupEtaS');
      return simple(`Assigned to ${driver}`, 'busy', eta === null ? null : `arrives in about ${formatMinutes(eta)}`);
    }
    case 'ride.driver_arrived':
      return simple('Driver at the pick-up', 'busy');
    case 'ride.started':
      return simple('Trip started', 'busy');
    case 'ride.completed':
      return completed(entry);
    case 'ride.driver_cancelled':
      return simple(`${driver} gave the ride back`, 'bad', word(details, 'reason'));
    case 'ride.requeued':
      return simple('Waiting again', 'warn', `${driver} is not asked again`);
    case 'ride.no_driver_found': {
      const waited = number(details, 'waitedS');
      return simple('No driver found', 'bad', waited === null ? null : `after ${formatDuration(waited)}`);
    }
    case 'ride.cancelled':
      return cancelled(entry);
    default:
      return simple(type.replace(/^ride\./, '').replaceAll('_', ' '), 'neutral');
  }
}

export interface Why {
  readonly headline: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
}

/** Why dispatch asked this driver, from a `ride.offered` entry; null for all others. */
export function whyThisDriver({ type, details }: TimelineEntry): Why | null {
  const why = details['why'];
  if (type !== 'ride.offered' || typeof why !== 'object' || why === null) return null;
  const reasons = why as Details;
  const [rank, candidates, waited] = [
    number(reasons, 'rankByEta'),
    number(reasons, 'candidates'),
    number(reasons, 'waitedS'),
  ];
  const eta = number(details, 'pickupEtaS');
  const of = candidates === null ? '' : ` of ${candidates}`;
  const headline =
    rank === null
      ? 'Chosen by the matching policy'
      : rank === 1
        ? candidates === 1
          ? 'The only driver in reach'
          : `Nearest by road${of} in reach`
        : `Number ${rank}${of} by road: better for all riders of this round`;
  const facts = [
    { label: 'Policy', value: word(reasons, 'policy') },
    { label: 'To pick-up', value: eta === null ? null : formatDuration(eta) },
    { label: 'Rider had waited', value: waited === null ? null : formatDuration(waited) },
  ].flatMap(({ label, value }) => (value === null ? [] : [{ label, value }]));
  return { headline, facts };
}

export interface RideProgress {
  readonly title: string;
  readonly detail: string;
  readonly tone: Tone;
  /** Steps done of four: looking, coming, on trip, there. */
  readonly stage: 0 | 1 | 2 | 3;
  readonly canCancel: boolean;
}

/** When the driver should be at the pick-up (city time, ms), by the last assignment. */
export function expectedArrivalMs(timeline: readonly TimelineEntry[]): number | null {
  const assigned = timeline.findLast((entry) => entry.type === 'ride.assigned');
  const eta = assigned ? number(assigned.details, 'pickupEtaS') : null;
  return assigned && eta !== null ? assigned.at + eta * 1_000 : null;
}

/** What the rider is told, now. */
export function rideProgress(ride: LiveRide, timeline: readonly TimelineEntry[], cityMs: number): RideProgress {
  const driver = ride.driverId ?? 'Your driver';
  switch (ride.state) {
    case 'queued':
    case 'offered': {
      const again = timeline.some((entry) => entry.type === 'ride.requeued');
      const detail =
        ride.state === 'offered'
          ? `Asking ${driver}`
          : `Waiting for ${formatDuration((cityMs - ride.requestedAt) / 1_000)}`;
      const title = again ? 'Looking for another driver' : 'Looking for a driver';
      return { title, detail, tone: 'warn', stage: 0, canCancel: true };
    }
    case 'en_route': {
      const arrival = expectedArrivalMs(timeline);
      const left = arrival === null ? null : (arrival - cityMs) / 1_000;
      const when = left === null ? 'on the way' : left < 20 ? 'arriving now' : `arriving in ${formatMinutes(left)}`;
      return {
        title: `Driver ${when}`,
        detail: `${driver} is coming to the pick-up`,
        tone: 'busy',
        stage: 1,
        canCancel: true,
      };
    }
    case 'arrived':
      return {
        title: 'Your driver is here',
        detail: `${driver} waits at the pick-up`,
        tone: 'good',
        stage: 1,
        canCancel: true,
      };
    case 'in_progress':
      return { title: 'On trip', detail: `${driver} is taking you there`, tone: 'busy', stage: 2, canCancel: false };
    case 'completed':
      return {
        title: 'Completed',
        detail: `Fare ${formatFare(ride.fareCents)}`,
        tone: 'good',
        stage: 3,
        canCancel: false,
      };
    case 'cancelled': {
      const by = timeline.findLast((entry) => entry.type === 'ride.cancelled');
      const who = by ? word(by.details, 'by') : null;
      return {
        title: 'Cancelled',
        detail: who ? `by the ${who}` : 'This ride is over',
        tone: 'bad',
        stage: 0,
        canCancel: false,
      };
    }
    case 'no_driver_found':
      return {
        title: 'No driver found',
        detail: 'Nobody near was free. Please try again.',
        tone: 'bad',
        stage: 0,
        canCancel: false,
      };
  }
}
