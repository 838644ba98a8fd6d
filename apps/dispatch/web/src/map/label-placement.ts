import type { ZoneShape } from './city-geometry.js';

export interface PlacedLabel {
  readonly text: string;
  readonly position: readonly [number, number];
}

const LINE_PX = 15;
const GLYPH_PX = 6.1;
/** When fewer zones than this share have room for their name, a few names would look like chance: none is shown. */
const LEAST_SHARE = 0.3;

/** Breaks a name over at most two lines, as even as words allow. */
export function breakLabel(name: string): string {
  const words = name.split(/[\s/]+/);
  if (name.length <= 12 || words.length < 2) return name;
  let best = name;
  let bestLength = Infinity;
  for (let cut = 1; cut < words.length; cut++) {
    const lines = [words.slice(0, cut).join(' '), words.slice(cut).join(' ')];
    const length = Math.max(...lines.map((line) => line.length));
    if (length < bestLength) {
      best = lines.join('\n');
      bestLength = length;
    }
  }
  return best;
}

/**
 * The zone labels to show at a zoom: those that roughly fit their zone and do not cover one another, roomy zones first.
 * `pixelsPerDegree` is that of longitude; latitude is stretched by 1 / cos(latitude), as in web Mercator.
 */
export function placeZoneLabels(zones: readonly ZoneShape[], pixelsPerDegree: number): PlacedLabel[] {
  const taken: { x: number; y: number; halfWidth: number; halfHeight: number }[] = [];
  const placed: PlacedLabel[] = [];
  const byRoom = [...zones].sort((a, b) => b.widthDeg - a.widthDeg);
  for (const zone of byRoom) {
    const label = breakLabel(zone.name);
    const lines = label.split('\n');
    const halfWidth = (Math.max(...lines.map((line) => line.length)) * GLYPH_PX) / 2;
    const halfHeight = (lines.length * LINE_PX) / 2;
    if (halfWidth * 2 > zone.widthDeg * pixelsPerDegree * 1.2) continue;
    const x = zone.centre[0] * pixelsPerDegree;
    const y = (zone.centre[1] * pixelsPerDegree) / Math.cos((zone.centre[1] * Math.PI) / 180);
    const covers = taken.some(
      (other) =>
        Math.abs(other.x - x) < other.halfWidth + halfWidth + 6 &&
        Math.abs(other.y - y) < other.halfHeight + halfHeight + 3,
    );
    if (covers) continue;
    taken.push({ x, y, halfWidth, halfHeight });
    placed.push({ text: label, position: zone.centre });
  }
  return placed.length < zones.length * LEAST_SHARE ? [] : placed;
}
