import { z } from 'zod';
import { cityTimeSchema, idSchema, latLonSchema, vehicleClassSchema, zoneIdSchema } from '../events/common.js';
import { quoteSchema } from '../events/ride-requests.js';
import { RIDE_STATES } from './ride-states.js';

/** More than this many offers back, a repeated offer is called late where it was a duplicate. */
export const CLOSED_OFFERS_MAX = 32;

const moment = cityTimeSchema.nullable();

/** A schema, because services write rides into checkpoints and read them back. */
export const rideSchema = z
  .object({
    rideId: idSchema,
    riderId: idSchema,
    /** Zone of the pick-up: the owner of the ride. */
    zone: zoneIdSchema,
    state: z.enum(RIDE_STATES),
    pickup: latLonSchema,
    dropoff: latLonSchema,
    dropoffZone: zoneIdSchema,
    vehicleClass: vehicleClassSchema,
    quote: quoteSchema,
    /** The offer that is open now: in state `offered` and in no other. */
    offer: z
      .object({
        offerId: idSchema,
        driverId: idSchema,
        expiresAt: cityTimeSchema,
        pickupEtaS: z.number().nonnegative(),
        /** When the driver's phone accepted; the ride is not assigned before dispatch says so. */
        acceptedAt: moment,
      })
      .readonly()
      .nullable(),
    /** Driver of the ride, from assignment on; also after the ride's end. */
    driverId: idSchema.nullable(),
    /** The offer that became the assignment. */
    assignedOfferId: idSchema.nullable(),
    /** Offers made so far. */
    attempts: z.number().int().nonnegative(),
    /** Offers that are closed: the last {@link CLOSED_OFFERS_MAX}. */
    closedOffers: z.array(idSchema).readonly(),
    /** Drivers who had the ride and gave it back: they are not asked for it again. */
    blockedDrivers: z.array(idSchema).readonly(),
    requestedAt: cityTimeSchema,
    queuedAt: cityTimeSchema,
    /** Of the driver who has the ride now: null again when the ride is given back. */
    assignedAt: moment,
    arrivedAt: moment,
    startedAt: moment,
    /** When the driver's phone gave the ride back, until dispatch answers. */
    givenBackAt: moment,
    endedAt: moment,
    updatedAt: cityTimeSchema,
    cancelledBy: z.enum(['rider', 'driver', 'platform']).nullable(),
    /** What the rider pays in the end: the fare, or the fee for cancelling; null before the end. */
    chargedCents: z.number().int().nonnegative().nullable(),
  })
  .readonly();
export type Ride = z.infer<typeof rideSchema>;
