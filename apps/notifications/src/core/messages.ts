import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import { distance, minutes, money } from './phrases.js';

/** Who hears a message: `rider:<id>` or `driver:<id>`. Also the name of the socket.io room. */
export type Recipient = `${'rider' | 'driver'}:${string}`;

export type MessageKind =
  | 'searching'
  | 'searching_again'
  | 'no_driver'
  | 'offer'
  | 'offer_expired'
  | 'driver_found'
  | 'ride_assigned'
  | 'driver_arrived'
  | 'ride_started'
  | 'receipt'
  | 'earnings'
  | 'cancelled';

/** What one person is told about one ride. */
export interface Message {
  /**
   * The same for the same news, however often its event is read or written: `<ride>:<event type>:<occurrence>:<recipient>`.
   * Ids hold no colon. The occurrence is the offer or driver of events that a ride may see several times, otherwise `-`.
   */
  readonly key: string;
  readonly rideId: string;
  readonly recipient: Recipient;
  readonly kind: MessageKind;
  readonly title: string;
  readonly text: string;
  /** City time, milliseconds since 1970. */
  readonly at: number;
}

type Words = Pick<Message, 'kind' | 'title' | 'text'>;

/** The messages that an event is worth, rider's first; none for what only machines need to know. Pure. */
export function messagesFor(event: RideEvent): readonly Message[] {
  switch (event.type) {
    case 'ride.queued':
      return [toRider(event, '-', searching(event))];
    case 'ride.offered':
      return [toDriver(event, event.driverId, event.offerId, offer(event))];
    case 'ride.offer_expired':
      return [toDriver(event, event.driverId, event.offerId, OFFER_EXPIRED)];
    case 'ride.assigned':
      return [
        toRider(event, event.offerId, driverFound(event)),
        toDriver(event, event.driverId, event.offerId, rideAssigned(event)),
      ];
    case 'ride.requeued':
      return [toRider(event, event.driverId, SEARCHING_AGAIN)];
    case 'ride.no_driver_found':
      return [toRider(event, '-', noDriver(event))];
    case 'ride.driver_arrived':
      return [toRider(event, event.driverId, DRIVER_ARRIVED)];
    case 'ride.started':
      return [toRider(event, event.driverId, RIDE_STARTED)];
    case 'ride.completed':
      return [toRider(event, '-', receipt(event)), toDriver(event, event.driverId, '-', earnings(event))];
    case 'ride.cancelled':
      return cancelled(event);
    // Answers of the driver's phone: what follows from them comes from dispatch, as assigned, offered or requeued.
    case 'ride.offer_accepted':
    case 'ride.offer_declined':
    case 'ride.driver_cancelled':
      return [];
  }
}

function toRider(event: RideEvent, occurrence: string, words: Words): Message {
  return message(event, `rider:${event.riderId}`, occurrence, words);
}

function toDriver(event: RideEvent, driverId: string, occurrence: string, words: Words): Message {
  return message(event, `driver:${driverId}`, occurrence, words);
}

function message(event: RideEvent, recipient: Recipient, occurrence: string, words: Words): Message {
  const { rideId, type, at } = event;
  return { key: `${rideId}:${type}:${occurrence}:${recipient}`, rideId, recipient, ...words, at };
}

function searching({ quote, vehicleClass }: RideEventOf<'ride.queued'>): Words {
  const surge = quote.surge > 1 ? ` Demand is high, so that is ${quote.surge.toFixed(1)} times the usual fare.` : '';
  return {
    kind: 'searching',
    title: 'Looking for a driver',
    text:
      `We are looking for a ${CLASS_WORDS[vehicleClass]} for your ride of ${distance(quote.distanceM)}, ` +
      `about ${minutes(quote.durationS)}, for a fare of ${money(quote.fareCents)}.${surge}`,
  };
}

const CLASS_WORDS = { standard: 'car', xl: 'large car', premium: 'premium car' } as const;

function offer({ pickupEtaS, fareCents, expiresAt, at }: RideEventOf<'ride.offered'>): Words {
  const secondsToAnswer = Math.max(0, Math.round((expiresAt - at) / 1000));
  return {
    kind: 'offer',
    title: 'New ride for you',
    text: `The pick-up is ${minutes(pickupEtaS)} away and the fare is ${money(fareCents)}. Answer within ${secondsToAnswer} s.`,
  };
}

const OFFER_EXPIRED: Words = {
  kind: 'offer_expired',
  title: 'Offer has run out',
  text: 'You did not answer in time, so the ride goes to another driver.',
};

function driverFound({ driverId, pickupEtaS }: RideEventOf<'ride.assigned'>): Words {
  return {
    kind: 'driver_found',
    title: 'Your driver is on the way',
    text: `Driver ${driverId} is ${minutes(pickupEtaS)} away.`,
  };
}

function rideAssigned({ riderId, pickupEtaS }: RideEventOf<'ride.assigned'>): Words {
  return {
    kind: 'ride_assigned',
    title: 'The ride is yours',
    text: `Rider ${riderId} is waiting ${minutes(pickupEtaS)} away.`,
  };
}

const SEARCHING_AGAIN: Words = {
  kind: 'searching_again',
  title: 'Looking for another driver',
  text: 'Your driver had to give the ride back. You keep your place, and we are asking other drivers.',
};

function noDriver({ waitedS }: RideEventOf<'ride.no_driver_found'>): Words {
  return {
    kind: 'no_driver',
    title: 'No driver found',
    text: `We asked for ${minutes(waitedS)} and found no driver near you. You pay nothing; please try again later.`,
  };
}

const DRIVER_ARRIVED: Words = {
  kind: 'driver_arrived',
  title: 'Your driver is here',
  text: 'Your driver is waiting at the pick-up point.',
};

const RIDE_STARTED: Words = { kind: 'ride_started', title: 'On your way', text: 'Your ride has started. Enjoy it.' };

function receipt({ distanceM, durationS, fareCents }: RideEventOf<'ride.completed'>): Words {
  return {
    kind: 'receipt',
    title: 'You have arrived',
    text: `${distance(distanceM)} in ${minutes(durationS)}. The fare is ${money(fareCents)}.`,
  };
}

function earnings({ distanceM, durationS, fareCents }: RideEventOf<'ride.completed'>): Words {
  return {
    kind: 'earnings',
    title: 'Ride completed',
    text: `${distance(distanceM)} in ${minutes(durationS)}, for a fare of ${money(fareCents)}.`,
  };
}

function cancelled(event: RideEventOf<'ride.cancelled'>): readonly Message[] {
  const { by, feeCents, driverId } = event;
  const fee = feeCents > 0 ? `The fee is ${money(feeCents)}.` : 'You pay nothing.';
  const rider = toRider(event, '-', {
    kind: 'cancelled',
    title: 'Ride cancelled',
    text: `${BY_WORDS_FOR_RIDER[by]} ${fee}`,
  });
  if (driverId === null) return [rider];
  const text = `${BY_WORDS_FOR_DRIVER[by]} You are free for other rides.`;
  return [rider, toDriver(event, driverId, '-', { kind: 'cancelled', title: 'Ride cancelled', text })];
}

const BY_WORDS_FOR_RIDER = {
  rider: 'You cancelled your ride.',
  driver: 'Your driver cancelled the ride.',
  platform: 'We had to cancel your ride.',
} as const;

const BY_WORDS_FOR_DRIVER = {
  rider: 'The rider cancelled the ride.',
  driver: 'You cancelled the ride.',
  platform: 'The ride was cancelled.',
} as const;
