import { distanceToOutlineM, type MultiPolygonRings } from '../geo/polygon.js';
import { METRES_PER_DEGREE, type Bounds } from '../geo/geometry.js';

interface Outline {
  readonly id: string;
  readonly shape: MultiPolygonRings;
  readonly bounds: Bounds;
}

/** For each zone the others whose outline comes within `distanceM`, and those paired with it, in the order of the zones. */
export function findNeighbours(
  zones: readonly Outline[],
  distanceM: number,
  pairs: readonly (readonly [string, string])[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map(zones.map(({ id }) => [id, new Set<string>()]));
  const join = (a: string, b: string): void => {
    if (a === b) return;
    found.get(a)?.add(b);
    found.get(b)?.add(a);
  };
  for (const [i, a] of zones.entries()) {
    for (const b of zones.slice(i + 1)) {
      if (boxesNear(a.bounds, b.bounds, distanceM) && outlinesNear(a.shape, b.shape, distanceM)) join(a.id, b.id);
    }
  }
  for (const [a, b] of pairs) if (found.has(a) && found.has(b)) join(a, b);
  return new Map([...found].map(([id, set]) => [id, zones.filter((zone) => set.has(zone.id)).map((zone) => zone.id)]));
}

/** The distance of two outlines that do not cross is that of a corner of one from the other. */
function outlinesNear(a: MultiPolygonRings, b: MultiPolygonRings, distanceM: number): boolean {
  return hasCornerNear(a, b, distanceM) || hasCornerNear(b, a, distanceM);
}

function hasCornerNear(corners: MultiPolygonRings, outline: MultiPolygonRings, distanceM: number): boolean {
  return corners.some((polygon) =>
    polygon.some((ring) => ring.some(([lon, lat]) => distanceToOutlineM(outline, { lat, lon }) <= distanceM)),
  );
}

function boxesNear(a: Bounds, b: Bounds, distanceM: number): boolean {
  const dLat = Math.max(a[1] - b[3], b[1] - a[3], 0);
  const dLon = Math.max(a[0] - b[2], b[0] - a[2], 0);
  const lonScale = METRES_PER_DEGREE * Math.cos((a[1] * Math.PI) / 180);
  return Math.hypot(dLon * lonScale, dLat * METRES_PER_DEGREE) <= distanceM;
}
