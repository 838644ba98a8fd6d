import { z } from 'zod';

/** A point on earth, WGS 84 degrees. */
export const latLonSchema = z.object({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
});
export type LatLon = z.infer<typeof latLonSchema>;

export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Ids travel in keys, URLs and file names, so they hold nothing that needs quoting. */
export const idSchema = z.string().regex(ID_PATTERN, 'an id has 1 to 64 letters, digits, _ or -');

/** A zone of the city pack: its id there, as text. */
export const zoneIdSchema = idSchema;

export const CITY_TIME_MIN_MS = 31_536_000_000;
export const CITY_TIME_MAX_MS = 4_070_908_800_000;
/** City time in milliseconds since 1970. Bounds refuse clocks that are plainly wrong (1971 to 2099). */
export const cityTimeSchema = z.number().int().min(CITY_TIME_MIN_MS).max(CITY_TIME_MAX_MS);

export const vehicleClassSchema = z.enum(['standard', 'xl', 'premium']);
export type VehicleClass = z.infer<typeof vehicleClassSchema>;

/**
 * What every event carries. `v` is the version of that event type: fields may be added within a version; a field that
 * changes its meaning or goes away needs the next one.
 */
export const envelope = { v: z.literal(1), at: cityTimeSchema } as const;
