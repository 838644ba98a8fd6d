import type { Land } from './plan-land.js';
import type { Path } from './plane.js';

/** A part of the city whose side streets form one grid. */
export interface District {
  readonly name: string;
  readonly land: Land;
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
