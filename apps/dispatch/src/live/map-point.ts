import type { LatLon } from '@ridestream/ride-domain/events/common';

/** Five decimals are a metre: enough for a map. */
const degrees = (value: number): number => Math.round(value * 1e5) / 1e5;

/** `[lon, lat]`, as short as a map can do with. */
export const mapPoint = ({ lat, lon }: LatLon): readonly [number, number] => [degrees(lon), degrees(lat)];
