import { idSchema, latLonSchema, vehicleClassSchema, zoneIdSchema } from '@ridestream/ride-domain/events/common';
import { driverStateSchema } from '@ridestream/ride-domain/events/driver-events';
import { rideCancelRequestedSchema } from '@ridestream/ride-domain/events/ride-requests';
import { RIDE_STATES } from '@ridestream/ride-domain/rides/ride-states';
import { z } from 'zod';

/** What clients may send. Strict: an unknown field is refused by name. */

const pointSchema = z.strictObject(latLonSchema.shape);
const limitSchema = (max: number, byDefault: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(max))
    .default(byDefault);

export const requestRideSchema = z.strictObject({
  riderId: idSchema,
  pickup: pointSchema,
  dropoff: pointSchema,
  vehicleClass: vehicleClassSchema.default('standard'),
});

export const quoteRequestSchema = requestRideSchema.omit({ riderId: true });

export const listRidesSchema = z.strictObject({
  state: z.enum(RIDE_STATES).optional(),
  limit: limitSchema(500, 50),
});

export const cancelRideSchema = z.strictObject({
  reason: rideCancelRequestedSchema.shape.reason.default('changed_mind'),
});

export const listDriversSchema = z.strictObject({
  state: driverStateSchema.optional(),
  zone: zoneIdSchema.optional(),
  limit: limitSchema(5_000, 100),
});

export const pathIdSchema = idSchema;
