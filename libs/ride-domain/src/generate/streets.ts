import type { SeededRandom } from '../random/seeded-random.js';
import { contours, resample } from './contour.js';
import { clipPath, insidePolygon, simplify, smooth, type Path, type Point } from './plane.js';
import { PathIndex } from './path-index.js';
import { clearance, DOCKS, landOf, PARKS } from './plan-land.js';
import { ARTERIALS, type RoadClass } from './plan-arterials.js';
import { DISTRICTS, type District } from './plan-districts.js';

export interface Street {
  readonly name: string;
  readonly class: RoadClass;
  readonly path: Path;
  /** Traffic runs from the first point to the last only. */
  readonly oneWay: boolean;
}

/** Roads along the water keep so far from it. */
const SHORE_M = 70;
/** A side street that runs so near a wider road is left out. */
const TOO_NEAR_M = 58;

/** Where the city ends: waterfront roads go no farther. */
const EXTENT: Path = [
  [-5_350, -3_400],
  [-5_350, 2_400],
  [-4_600, 3_700],
  [-3_000, 4_150],
  [2_300, 4_350],
  [4_050, 3_800],
  [4_600, 3_250],
  [5_600, 3_050],
  [5_650, 1_800],
  [5_650, -2_300],
  [4_500, -2_300],
  [4_600, -4_700],
  [2_000, -4_700],
  [1_500, -3_500],
];

/** All streets of the plan, wide ones first. Paths may cross and touch anywhere. */
export function drawStreets(random: SeededRandom): Street[] {
  const wide = [...arterials(), ...shoreRoads()];
  const wideIndexes = wide.map(({ path }) => new PathIndex(path));
  const narrow = DISTRICTS.flatMap((district) => gridOf(district, random.fork(district.name)));
  return [...wide, ...narrow.filter(({ path }) => !runsBeside(path, wideIndexes))];
}

/** Arterials keep their stretches over water, which are bridges, and lose ends that lead into it. */
function arterials(): Street[] {
  return ARTERIALS.map(({ name, class: roadClass, path }) => {
    const curve = smooth(path, 40);
    const onLand = (point: Point): boolean => clearance(point) >= SHORE_M;
    const first = curve.findIndex(onLand);
    const last = curve.findLastIndex(onLand);
    return { name, class: roadClass, path: simplify(curve.slice(first, last + 1), 4), oneWay: false };
  });
}

function shoreRoads(): Street[] {
  const box = { west: -5_500, south: -4_800, east: 5_700, north: 4_500 };
  const lines = contours(clearance, SHORE_M, box, 70).flatMap((line) =>
    clipPath(resample(line, 60), (point) => insidePolygon(EXTENT, point)),
  );
  return lines.flatMap(splitByName);
}

function splitByName(line: Path): Street[] {
  const streets: { name: string; path: Point[] }[] = [];
  for (const point of line) {
    const name = shoreName(point);
    const last = streets[streets.length - 1];
    last?.path.push(point);
    if (last?.name !== name) streets.push({ name, path: [point] });
  }
  return streets
    .filter(({ path }) => path.length > 1)
    .map(({ name, path }) => ({ name, class: 'secondary', path: simplify(path, 6), oneWay: false }));
}

function shoreName([x, y]: Point): string {
  switch (landOf([x, y])) {
    case 'island':
      return 'Island Drive';
    case 'west':
      return y < -2_100 && x < -2_300 ? 'Westshore Drive' : 'West Embankment';
    case 'north':
      return x < -900 ? 'Abbey Embankment' : 'Lathe Bank';
    case 'centre':
      if (y > 1_500) return 'Mill Embankment';
      if (x < -900 && y > -2_700) return 'Sallow Embankment';
      return x < 1_000 ? 'Harbour Front' : 'Bay Drive';
  }
}

function gridOf(district: District, random: SeededRandom): Street[] {
  return [
    ...parallels(district, district.turnDeg, district.alongM, district.namesAlong, random.fork('along')),
    ...parallels(district, district.turnDeg + 90, district.acrossM, district.namesAcross, random.fork('across')),
  ];
}

function parallels(
  district: District,
  turnDeg: number,
  spacingM: number,
  names: readonly string[],
  random: SeededRandom,
): Street[] {
  const turn = (turnDeg * Math.PI) / 180;
  const [ux, uy] = [Math.cos(turn), Math.sin(turn)];
  const middle = centreOf(district.ring);
  const radius = Math.max(...district.ring.map(([x, y]) => Math.hypot(x - middle[0], y - middle[1])));
  const count = Math.ceil(radius / spacingM);
  const keep = (point: Point): boolean =>
    insidePolygon(district.ring, point) &&
    ![...PARKS, ...DOCKS].some(({ ring }) => insidePolygon(ring, point)) &&
    clearance(point) >= SHORE_M &&
    landOf(point) === district.land;
  const streets: Street[] = [];
  for (let k = -count; k <= count; k++) {
    const offset = (k + district.stray * random.between(-1, 1)) * spacingM;
    const bow = district.stray * random.between(-1, 1) * spacingM * 0.8;
    const at = (along: number, aside: number): Point => [
      middle[0] + ux * along - uy * (offset + aside),
      middle[1] + uy * along + ux * (offset + aside),
    ];
    const line = smooth([at(-radius, 0), at(-radius / 3, bow), at(radius / 3, -bow), at(radius, 0)], 120);
    const name = names[(k + count) % names.length]!;
    const tertiary = (k + count) % district.tertiaryEvery === 0;
    const forward = (k + count) % 2 === 0;
    for (const piece of clipPath(simplify(line, 3), keep)) {
      const path = forward ? piece : [...piece].reverse();
      streets.push({
        name,
        class: tertiary ? 'tertiary' : 'residential',
        path,
        oneWay: district.oneWay && !tertiary,
      });
    }
  }
  return streets;
}

const centreOf = (ring: Path): Point => [
  ring.reduce((sum, [x]) => sum + x, 0) / ring.length,
  ring.reduce((sum, [, y]) => sum + y, 0) / ring.length,
];

/** True when more than half of a street lies too near a wide one. */
function runsBeside(path: Path, wide: readonly PathIndex[]): boolean {
  const samples = resample(path, 40);
  const near = samples.filter((point) => wide.some((line) => line.distance(point) < TOO_NEAR_M));
  return near.length > samples.length / 2;
}
