import type { Path } from './plane.js';

/** Road classes, the widest first, by the names that OpenStreetMap uses. */
export const ROAD_CLASSES = ['motorway', 'primary', 'secondary', 'tertiary', 'residential'] as const;
export type RoadClass = (typeof ROAD_CLASSES)[number];

export interface Arterial {
  readonly name: string;
  readonly class: RoadClass;
  readonly path: Path;
}

/** The roads that hold the city together: avenues, bridges, the diagonal, the ring, the way to the airport. */
export const ARTERIALS: readonly Arterial[] = [
  // West to east, three of them over the river.
  {
    name: 'Exchange Street',
    class: 'primary',
    path: [
      [-5_450, -680],
      [-4_300, -850],
      [-3_300, -980],
      [-2_500, -1_150],
      [-1_500, -1_300],
      [300, -1_300],
      [2_600, -1_300],
    ],
  },
  {
    name: 'Cathedral Street',
    class: 'primary',
    path: [
      [-5_450, 120],
      [-4_500, 150],
      [-3_250, 320],
      [-2_300, 330],
      [-1_250, 300],
      [1_500, 300],
    ],
  },
  {
    name: 'Abbey Road',
    class: 'primary',
    path: [
      [-5_600, 2_450],
      [-3_400, 2_700],
      [-1_900, 2_950],
      [-800, 3_080],
      [800, 3_080],
      [2_380, 2_980],
      [3_600, 3_250],
      [5_300, 3_700],
    ],
  },
  {
    name: 'Park Street',
    class: 'secondary',
    path: [
      [1_500, 300],
      [1_900, 700],
      [2_300, 620],
      [2_600, 300],
    ],
  },
  {
    name: 'Park South',
    class: 'secondary',
    path: [
      [700, -700],
      [1_500, -700],
      [2_600, -700],
    ],
  },
  {
    name: 'Park North',
    class: 'secondary',
    path: [
      [-1_250, 1_300],
      [1_500, 1_300],
      [2_600, 1_300],
      [4_300, 1_150],
    ],
  },
  // South to north, over the tributary.
  {
    name: 'Grand Avenue',
    class: 'primary',
    path: [
      [300, -3_050],
      [300, -1_300],
      [300, 1_700],
      [260, 2_700],
      [120, 4_500],
    ],
  },
  {
    name: 'Park West',
    class: 'secondary',
    path: [
      [1_500, -2_500],
      [1_500, 1_800],
      [1_480, 2_600],
      [1_300, 4_400],
    ],
  },
  {
    name: 'Park East',
    class: 'primary',
    path: [
      [2_600, -2_600],
      [2_600, 1_900],
      [2_420, 2_900],
      [2_250, 4_500],
    ],
  },
  {
    name: 'Crown Avenue',
    class: 'secondary',
    path: [
      [-650, -1_300],
      [-650, 1_800],
    ],
  },
  {
    name: 'Western Boulevard',
    class: 'primary',
    path: [
      [-3_050, 4_300],
      [-3_350, 2_700],
      [-3_150, 1_300],
      [-3_250, 320],
      [-3_300, -980],
      [-3_520, -2_400],
    ],
  },
  // The diagonal is older than the grid that it cuts.
  {
    name: 'Pilgrim Way',
    class: 'primary',
    path: [
      [-1_150, 1_720],
      [300, 60],
      [1_500, -1_300],
      [2_600, -2_450],
    ],
  },
  {
    name: 'Ring Road',
    class: 'motorway',
    path: [
      [4_250, -1_750],
      [4_350, -700],
      [4_300, 600],
      [4_280, 1_900],
      [4_180, 2_900],
      [4_000, 3_700],
      [3_300, 4_150],
      [2_250, 4_300],
      [1_300, 4_250],
      [130, 4_300],
      [-450, 4_350],
      [-1_400, 4_150],
      [-3_000, 4_050],
      [-4_500, 3_650],
      [-5_150, 2_500],
      [-5_250, 1_200],
      [-5_300, 120],
      [-5_250, -700],
      [-4_950, -1_900],
      [-4_800, -2_350],
    ],
  },
  {
    name: 'Airport Expressway',
    class: 'motorway',
    path: [
      [2_600, -700],
      [3_400, -560],
      [4_330, -300],
      [5_200, 60],
      [5_950, 120],
    ],
  },
  {
    name: 'Airport Way',
    class: 'secondary',
    path: [
      [5_950, 120],
      [6_150, 560],
      [6_700, 650],
      [6_980, 250],
      [6_800, -180],
      [6_250, -260],
      [5_950, 120],
    ],
  },
  {
    name: 'Aerodrome Road',
    class: 'tertiary',
    path: [
      [4_310, 1_150],
      [5_100, 1_150],
      [5_800, 900],
      [6_150, 560],
    ],
  },
  {
    name: 'Hangar Road',
    class: 'tertiary',
    path: [
      [4_340, -1_250],
      [5_100, -1_250],
      [5_850, -900],
      [6_250, -260],
    ],
  },
  {
    name: 'Lantern Bridge',
    class: 'secondary',
    path: [
      [2_600, -2_600],
      [2_850, -3_150],
      [3_050, -3_700],
    ],
  },
  {
    name: 'Park Drive',
    class: 'tertiary',
    path: [
      [2_050, -690],
      [1_720, -330],
      [1_650, 300],
      [1_700, 900],
      [2_050, 1_290],
    ],
  },
];

export interface District {
  readonly name: string;
  readonly land: 'centre' | 'west' | 'north' | 'island';
  readonly ring: Path;
  /** Degrees by which the grid turns from west-east, counter-clockwise. */
  readonly turnDeg: number;
  /** Metres between streets that run with the turn, and between those across. */
  readonly alongM: number;
  readonly acrossM: number;
  /** How far a street may stray from its place, as a share of the spacing. */
  readonly stray: number;
  /** Side streets run one way, by turns. */
  readonly oneWay: boolean;
  /** Every so many streets one is a tertiary road. */
  readonly tertiaryEvery: number;
  readonly namesAlong: readonly string[];
  readonly namesAcross: readonly string[];
}

const CRAFTS = 'Ropewalk,Chandler,Cooper,Sailmaker,Tanner,Dyer,Caulker,Netloft,Smokehouse,Salter,Lantern,Anchor'.split(
  ',',
);
const TREES = 'Alder,Birch,Cedar,Elm,Hazel,Juniper,Larch,Maple,Oak,Poplar,Rowan,Sycamore,Willow,Yew,Ash,Lime'.split(
  ',',
);
const BIRDS = 'Curlew,Dunlin,Egret,Fulmar,Gannet,Heron,Kestrel,Lapwing,Merlin,Osprey,Petrel,Plover,Teal,Tern'.split(
  ',',
);
const MILLS = 'Bobbin,Carder,Fuller,Heddle,Loom,Shuttle,Spindle,Treadle,Warp,Weft,Winder,Flax,Linen,Worsted'.split(',');
const PEOPLE =
  'Ashdown,Barlow,Cartwright,Delaney,Everard,Farrow,Gilchrist,Hollis,Ingram,Jessop,Kendrick,Lomax,Merritt,Nightingale'.split(
    ',',
  );
const HILLS = 'Beacon,Bracken,Cairn,Downs,Fell,Gorse,Heather,Knoll,Ridge,Scarp,Summit,Thistle,Vale,Warren'.split(',');

const withSuffix = (names: readonly string[], suffix: string): string[] => names.map((name) => `${name} ${suffix}`);
const numbered = (first: number, count: number, suffix: string): string[] =>
  Array.from({ length: count }, (_, i) => `${ordinal(first + i)} ${suffix}`);

function ordinal(n: number): string {
  const tens = n % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}

export const DISTRICTS: readonly District[] = [
  {
    name: 'Old Harbour',
    land: 'centre',
    ring: [
      [-1_800, -1_300],
      [300, -1_300],
      [300, -3_600],
      [-1_800, -3_600],
    ],
    turnDeg: 31,
    alongM: 152,
    acrossM: 195,
    stray: 0.16,
    oneWay: true,
    tertiaryEvery: 5,
    namesAlong: withSuffix(CRAFTS, 'Lane'),
    namesAcross: withSuffix(PEOPLE, 'Steps'),
  },
  {
    name: 'Downtown',
    land: 'centre',
    ring: [
      [-1_900, -1_300],
      [1_500, -1_300],
      [1_500, 300],
      [-1_900, 300],
    ],
    turnDeg: 0,
    alongM: 133,
    acrossM: 212,
    stray: 0.03,
    oneWay: true,
    tertiaryEvery: 4,
    namesAlong: numbered(1, 20, 'Street'),
    namesAcross: withSuffix(PEOPLE, 'Avenue'),
  },
  {
    name: 'Midtown',
    land: 'centre',
    ring: [
      [-1_900, 300],
      [1_500, 300],
      [1_500, 2_400],
      [-1_900, 2_400],
    ],
    turnDeg: 0,
    alongM: 143,
    acrossM: 212,
    stray: 0.04,
    oneWay: true,
    tertiaryEvery: 4,
    namesAlong: numbered(15, 30, 'Street'),
    namesAcross: withSuffix(PEOPLE, 'Avenue'),
  },
  {
    name: 'Above the park',
    land: 'centre',
    ring: [
      [1_500, 1_300],
      [2_600, 1_300],
      [2_600, 2_700],
      [1_500, 2_700],
    ],
    turnDeg: 0,
    alongM: 150,
    acrossM: 216,
    stray: 0.04,
    oneWay: true,
    tertiaryEvery: 4,
    namesAlong: numbered(23, 30, 'Street'),
    namesAcross: withSuffix(TREES, 'Place'),
  },
  {
    name: 'Below the park',
    land: 'centre',
    ring: [
      [1_500, -1_300],
      [2_600, -1_300],
      [2_600, -700],
      [1_500, -700],
    ],
    turnDeg: 0,
    alongM: 150,
    acrossM: 216,
    stray: 0.04,
    oneWay: true,
    tertiaryEvery: 3,
    namesAlong: numbered(1, 20, 'Street'),
    namesAcross: withSuffix(TREES, 'Place'),
  },
  {
    name: 'South Shore',
    land: 'centre',
    ring: [
      [300, -1_300],
      [2_600, -1_300],
      [2_600, -3_200],
      [300, -3_200],
    ],
    turnDeg: -7,
    alongM: 172,
    acrossM: 230,
    stray: 0.08,
    oneWay: true,
    tertiaryEvery: 4,
    namesAlong: withSuffix(CRAFTS, 'Street'),
    namesAcross: withSuffix(BIRDS, 'Street'),
  },
  {
    name: 'Eastside',
    land: 'centre',
    ring: [
      [2_600, -2_900],
      [4_250, -2_900],
      [4_350, -700],
      [4_300, 600],
      [4_280, 2_900],
      [2_600, 2_900],
    ],
    turnDeg: -12,
    alongM: 205,
    acrossM: 270,
    stray: 0.1,
    oneWay: false,
    tertiaryEvery: 3,
    namesAlong: withSuffix(TREES, 'Street'),
    namesAcross: withSuffix(BIRDS, 'Road'),
  },
  {
    name: 'Far East',
    land: 'centre',
    ring: [
      [4_250, -2_400],
      [5_750, -2_400],
      [5_750, -420],
      [6_020, 120],
      [5_750, 660],
      [5_750, 2_900],
      [4_280, 2_900],
      [4_300, 600],
      [4_350, -700],
    ],
    turnDeg: 9,
    alongM: 265,
    acrossM: 330,
    stray: 0.12,
    oneWay: false,
    tertiaryEvery: 3,
    namesAlong: withSuffix(HILLS, 'Close'),
    namesAcross: withSuffix(BIRDS, 'Way'),
  },
  {
    name: 'West Bank',
    land: 'west',
    ring: [
      [-3_050, 4_300],
      [-3_350, 2_700],
      [-3_150, 1_300],
      [-3_250, 320],
      [-3_300, -980],
      [-3_520, -3_000],
      [-1_000, -3_000],
      [-1_000, 4_600],
    ],
    turnDeg: 9,
    alongM: 190,
    acrossM: 255,
    stray: 0.08,
    oneWay: false,
    tertiaryEvery: 4,
    namesAlong: withSuffix(TREES, 'Street'),
    namesAcross: withSuffix(CRAFTS, 'Row'),
  },
  {
    name: 'Westcliff',
    land: 'west',
    ring: [
      [-3_050, 4_300],
      [-3_350, 2_700],
      [-3_150, 1_300],
      [-3_250, 320],
      [-3_300, -980],
      [-3_520, -3_000],
      [-5_900, -3_000],
      [-5_900, 4_300],
    ],
    turnDeg: -19,
    alongM: 262,
    acrossM: 320,
    stray: 0.13,
    oneWay: false,
    tertiaryEvery: 3,
    namesAlong: withSuffix(HILLS, 'Road'),
    namesAcross: withSuffix(PEOPLE, 'Rise'),
  },
  {
    name: 'Millbrook',
    land: 'north',
    ring: [
      [-1_800, 4_700],
      [-1_800, 1_800],
      [2_600, 1_800],
      [2_420, 2_900],
      [2_250, 4_700],
    ],
    turnDeg: -6,
    alongM: 190,
    acrossM: 255,
    stray: 0.09,
    oneWay: false,
    tertiaryEvery: 4,
    namesAlong: withSuffix(MILLS, 'Street'),
    namesAcross: withSuffix(TREES, 'Grove'),
  },
  {
    name: 'Highfield',
    land: 'north',
    ring: [
      [2_600, 1_800],
      [2_420, 2_900],
      [2_250, 4_600],
      [5_400, 4_600],
      [5_400, 1_800],
    ],
    turnDeg: 14,
    alongM: 262,
    acrossM: 330,
    stray: 0.12,
    oneWay: false,
    tertiaryEvery: 3,
    namesAlong: withSuffix(HILLS, 'Drive'),
    namesAcross: withSuffix(MILLS, 'Road'),
  },
  {
    name: 'Lantern Island',
    land: 'island',
    ring: [
      [2_200, -4_600],
      [4_600, -4_600],
      [4_600, -3_300],
      [2_200, -3_300],
    ],
    turnDeg: -10,
    alongM: 190,
    acrossM: 240,
    stray: 0.08,
    oneWay: false,
    tertiaryEvery: 9,
    namesAlong: withSuffix(BIRDS, 'Quay'),
    namesAcross: withSuffix(CRAFTS, 'Quay'),
  },
];
