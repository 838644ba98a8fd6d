import { z } from 'zod';
import { idSchema } from '@ridestream/ride-domain/events/common';
import { rideSchema } from '@ridestream/ride-domain/rides/ride';
import type { RideLedger } from './ride-ledger.js';
import type { RideRecord } from './ride-record.js';

/** Rides that ended last and are written down: more than one batch of requests can hold, so a batch seen again is known. */
const ENDED_IN_CHECKPOINT = 2_000;
/** Under the usual broker's limit of 1 MB per record. A partition with more state is read from the log instead. */
export const CHECKPOINT_BYTES_MAX = 900_000;

const recordSchema = z.object({
  ride: rideSchema,
  notBefore: z.array(z.tuple([idSchema, z.number()])),
  waitingSince: z.number(),
});

const checkpointSchema = z.object({
  v: z.literal(1),
  partition: z.number().int().nonnegative(),
  /** RideEvents up to here, exclusive, are in `rides` and `ended`. */
  rideEventsNext: z.string().regex(/^\d{1,19}$/),
  rides: z.array(recordSchema),
  ended: z.array(idSchema),
});

export interface Checkpoint {
  readonly rideEventsNext: bigint;
  readonly live: readonly RideRecord[];
  readonly ended: readonly string[];
}

/** The ledger's confirmed state as JSON text, or null when it is larger than a record may be. */
export function encodeCheckpoint(partition: number, ledger: RideLedger): string | null {
  const text = JSON.stringify({
    v: 1,
    partition,
    rideEventsNext: String(ledger.nextOffset),
    rides: ledger.confirmed().map((record) => ({ ...record, notBefore: [...record.notBefore] })),
    ended: ledger.endedLately(ENDED_IN_CHECKPOINT),
  } satisfies z.input<typeof checkpointSchema>);
  return Buffer.byteLength(text) > CHECKPOINT_BYTES_MAX ? null : text;
}

/** Undefined for anything that is not a checkpoint of this partition: the log is then read from its start. */
export function decodeCheckpoint(partition: number, value: Buffer | null): Checkpoint | undefined {
  if (value === null || value.length > CHECKPOINT_BYTES_MAX) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = checkpointSchema.safeParse(json);
  if (!parsed.success || parsed.data.partition !== partition) return undefined;
  const { rideEventsNext, rides, ended } = parsed.data;
  const live = rides.map((record) => ({ ...record, notBefore: new Map(record.notBefore) }));
  return { rideEventsNext: BigInt(rideEventsNext), live, ended };
}
