import type { VehicleClass } from '../events/common.js';

/** What a ride costs, in cents. Surge multiplies what the ride itself costs, not the booking fee. */
export const TARIFF = {
  bookingFee: 150,
  base: 250,
  perKm: 115,
  perMinute: 32,
  /** The least that a ride costs before surge and booking fee. */
  rideMin: 550,
} as const;

const CLASS_FACTOR: Readonly<Record<VehicleClass, number>> = { standard: 1, xl: 1.5, premium: 1.9 };

/** Share of the quoted fare that a rider pays who cancels while a driver is on the way, and its limits in cents. */
const CANCELLATION = { share: 0.2, min: 300, max: 1_000 } as const;

export interface FareInput {
  readonly distanceM: number;
  readonly durationS: number;
  /** 1 or more. */
  readonly surge: number;
  readonly vehicleClass: VehicleClass;
}

/** The fare in whole cents. @throws RangeError for what no ride can have, such as a negative distance. */
export function fareCents({ distanceM, durationS, surge, vehicleClass }: FareInput): number {
  if (!(distanceM >= 0 && distanceM < Infinity)) throw new RangeError(`distanceM ${distanceM}`);
  if (!(durationS >= 0 && durationS < Infinity)) throw new RangeError(`durationS ${durationS}`);
  if (!(surge >= 1 && surge < Infinity)) throw new RangeError(`surge ${surge}`);
  const metered = TARIFF.base + (TARIFF.perKm * distanceM) / 1000 + (TARIFF.perMinute * durationS) / 60;
  return Math.round(TARIFF.bookingFee + Math.max(TARIFF.rideMin, metered) * CLASS_FACTOR[vehicleClass] * surge);
}

/** What a rider pays who cancels after a driver set out, in whole cents; never more than the ride would have cost. */
export function cancellationFeeCents(quotedFareCents: number): number {
  const fee = Math.min(CANCELLATION.max, Math.max(CANCELLATION.min, CANCELLATION.share * quotedFareCents));
  return Math.round(Math.min(quotedFareCents, fee));
}
