import { PathIndex } from './path-index.js';
import { insidePolygon, smooth, smoothRing, type Path, type Point } from './plane.js';

/** Land and water of Merrow Bay: a river and its tributary run into a bay; an island lies before the coast. */

interface River {
  readonly name: string;
  /** Points along the middle and the width there, metres. */
  readonly course: readonly (readonly [Point, number])[];
}

const RIVERS: readonly River[] = [
  {
    name: 'River Sallow',
    course: [
      [[-200, 16_000], 240],
      [[-900, 9_000], 250],
      [[-350, 6_200], 260],
      [[-900, 4_700], 270],
      [[-1_150, 3_500], 280],
      [[-1_750, 2_300], 310],
      [[-1_650, 900], 330],
      [[-1_980, -500], 370],
      [[-1_900, -1_900], 440],
      [[-1_700, -2_900], 620],
      [[-1_600, -4_200], 900],
    ],
  },
  {
    name: 'Lathe',
    course: [
      [[16_000, 5_200], 130],
      [[9_500, 3_000], 140],
      [[6_600, 3_250], 150],
      [[4_900, 2_450], 160],
      [[3_300, 2_800], 170],
      [[1_700, 2_150], 180],
      [[300, 2_450], 190],
      [[-800, 2_150], 210],
      [[-1_750, 2_200], 220],
    ],
  },
];

const COAST: Path = [
  [-16_000, -1_900],
  [-9_000, -2_350],
  [-6_300, -2_250],
  [-5_000, -2_650],
  [-3_900, -2_500],
  [-3_100, -2_950],
  [-2_250, -2_800],
  [-1_500, -2_700],
  [-1_000, -3_050],
  [-350, -3_350],
  [350, -3_250],
  [900, -2_800],
  [1_700, -2_650],
  [2_500, -2_850],
  [3_300, -2_500],
  [3_900, -1_950],
  [4_900, -1_800],
  [6_100, -2_100],
  [7_600, -1_600],
  [10_000, -1_900],
  [16_000, -1_300],
];
const SEA_FLOOR: Path = [
  [16_000, -16_000],
  [-16_000, -16_000],
];

const ISLAND: Path = [
  [2_350, -4_150],
  [2_650, -3_650],
  [3_300, -3_480],
  [4_000, -3_550],
  [4_350, -3_900],
  [3_900, -4_350],
  [3_100, -4_420],
];

const LAKE: Path = [
  [1_780, 380],
  [2_020, 560],
  [2_300, 470],
  [2_380, 180],
  [2_150, 90],
  [2_080, -80],
  [1_850, -20],
];

const coast = smooth(COAST, 60);
const bay = [...coast, ...SEA_FLOOR];
const island = smoothRing(ISLAND, 60);
const coastIndex = new PathIndex(coast);
const islandShore = new PathIndex([...island, island[0]!]);
const lake = smoothRing(LAKE, 30);
const rivers = RIVERS.map(({ name, course }) => {
  const middle = smooth(
    course.map(([point]) => point),
    60,
  );
  const controls = new PathIndex(course.map(([point]) => point));
  const width = (point: Point): number => {
    const at = controls.nearest(point).index;
    const [low, high] = [Math.floor(at), Math.min(course.length - 1, Math.floor(at) + 1)];
    return course[low]![1] + (course[high]![1] - course[low]![1]) * (at - low);
  };
  return { name, middle, index: new PathIndex(middle), halfWidth: middle.map((point) => width(point) / 2) };
});

/** Metres from the water; negative in it. Lakes do not count. */
export function clearance(point: Point): number {
  const islandAway = islandShore.distance(point);
  if (insidePolygon(island, point)) return islandAway;
  const coastAway = coastIndex.distance(point);
  let best = insidePolygon(bay, point) ? -Math.min(coastAway, islandAway) : coastAway;
  for (const { index: river, halfWidth } of rivers) {
    const { distance, index } = river.nearest(point);
    best = Math.min(best, distance - halfWidth[Math.round(index)]!);
  }
  return best;
}

/** Which body of land a point is on. */
export type Land = 'centre' | 'west' | 'north' | 'island';

export function landOf(point: Point): Land {
  if (insidePolygon(island, point)) return 'island';
  const [sallow, lathe] = rivers as [(typeof rivers)[number], (typeof rivers)[number]];
  if (isRightOf(point, sallow)) return 'west';
  return isRightOf(point, lathe) ? 'north' : 'centre';
}

/** On the right hand of someone who goes down the river. */
function isRightOf(point: Point, { middle, index }: (typeof rivers)[number]): boolean {
  const i = Math.min(middle.length - 2, Math.floor(index.nearest(point).index));
  const [a, b] = [middle[i]!, middle[i + 1]!];
  return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) < 0;
}

/** Water as rings to draw. The island is a hole in the bay. */
export const WATER: readonly { readonly name: string; readonly rings: readonly Path[] }[] = [
  { name: 'Merrow Bay', rings: [bay, island] },
  ...rivers.map(({ name, middle, halfWidth }) => ({ name, rings: [banks(middle, halfWidth)] })),
  { name: 'Elder Lake', rings: [lake] },
];

function banks(middle: Path, halfWidth: readonly number[]): Path {
  const offset = (i: number, sign: number): Point => {
    const [a, b] = [middle[Math.max(0, i - 1)]!, middle[Math.min(middle.length - 1, i + 1)]!];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const [nx, ny] = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
    return [middle[i]![0] + sign * nx * halfWidth[i]!, middle[i]![1] + sign * ny * halfWidth[i]!];
  };
  const one = middle.map((_, i) => offset(i, 1));
  const other = middle.map((_, i) => offset(i, -1)).reverse();
  return [...one, ...other];
}

export interface Park {
  readonly name: string;
  readonly ring: Path;
}

export const PARKS: readonly Park[] = [
  {
    name: 'Elder Park',
    ring: [
      [1_510, -690],
      [2_590, -690],
      [2_590, 1_290],
      [1_510, 1_290],
    ],
  },
  {
    name: 'Westcliff Common',
    ring: smoothRing(
      [
        [-4_500, 1_150],
        [-3_900, 1_500],
        [-3_560, 1_050],
        [-3_700, 450],
        [-4_350, 330],
      ],
      60,
    ),
  },
  {
    name: 'Botanic Garden',
    ring: smoothRing(
      [
        [2_620, 3_560],
        [3_280, 3_660],
        [3_380, 3_150],
        [2_700, 3_080],
      ],
      60,
    ),
  },
  {
    name: 'Weavers Green',
    ring: [
      [280, 3_290],
      [700, 3_290],
      [700, 3_640],
      [280, 3_640],
    ],
  },
  {
    name: 'Battery Gardens',
    ring: smoothRing(
      [
        [-700, -3_130],
        [-250, -3_290],
        [180, -3_230],
        [60, -2_990],
        [-450, -2_930],
      ],
      40,
    ),
  },
  {
    name: 'Saltmarsh Park',
    ring: smoothRing(
      [
        [3_350, -1_350],
        [3_900, -1_180],
        [4_050, -1_600],
        [3_600, -1_850],
      ],
      60,
    ),
  },
  {
    name: 'Kiln Hill Gardens',
    ring: smoothRing(
      [
        [-4_700, -1_250],
        [-4_200, -1_100],
        [-4_150, -1_600],
        [-4_650, -1_750],
      ],
      60,
    ),
  },
  {
    name: 'Lantern Point',
    ring: smoothRing(
      [
        [3_850, -3_640],
        [4_190, -3_860],
        [3_880, -4_180],
        [3_720, -3_900],
      ],
      40,
    ),
  },
];

/** Dock basins cut into the old harbour, and the airfield, whose runways are left out of the grass. */
export const DOCKS: readonly Park[] = [
  { name: 'Customs Dock', ring: turned([-300, -2_500], 31, 430, 120) },
  { name: 'Timber Dock', ring: turned([-950, -2_200], 31, 330, 110) },
];

export const AIRFIELD = {
  name: 'Merrow Bay Airport',
  grass: smoothRing(
    [
      [6_150, -1_250],
      [6_020, -600],
      [6_300, 150],
      [6_050, 900],
      [6_250, 1_550],
      [7_300, 1_700],
      [8_350, 1_350],
      [8_600, 100],
      [8_200, -1_150],
      [7_200, -1_450],
    ],
    80,
  ),
  runways: [turned([7_420, -250], 64, 2_300, 60), turned([7_560, 420], 8, 1_700, 60)],
} as const;

/** A rectangle around a point, turned counter-clockwise. */
function turned([x, y]: Point, degrees: number, length: number, width: number): Point[] {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [
    [-0.5, -0.5],
    [0.5, -0.5],
    [0.5, 0.5],
    [-0.5, 0.5],
  ].map(([u, v]) => [x + u! * length * cos - v! * width * sin, y + u! * length * sin + v! * width * cos]);
}
