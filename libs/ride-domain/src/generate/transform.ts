import type { LatLon } from '../events/common.js';
import { LocalProjection } from '../geo/geometry.js';
import type { Point } from './plane.js';

/** The city lies in the open Atlantic, where it is in nobody's way. */
const ORIGIN: LatLon = { lat: 41.9, lon: -29.6 };
const TURN_DEG = 14;
const BEND_M = 150;
const BEND_WAVE_M = 6_400;

const projection = new LocalProjection(ORIGIN);
const [cos, sin] = [Math.cos((TURN_DEG * Math.PI) / 180), Math.sin((TURN_DEG * Math.PI) / 180)];
const wave = (2 * Math.PI) / BEND_WAVE_M;

/** From the plan to the globe: long gentle bends, since no city was ever drawn with a ruler, and a turn. */
export function toGlobe([x, y]: Point): LatLon {
  const bentX = x + BEND_M * Math.sin(wave * y + 0.7) + 0.4 * BEND_M * Math.sin(1.7 * wave * (x + y));
  const bentY = y + BEND_M * Math.sin(wave * x + 2.1) + 0.4 * BEND_M * Math.cos(1.9 * wave * (x - y));
  return projection.point(bentX * cos - bentY * sin, bentX * sin + bentY * cos);
}
