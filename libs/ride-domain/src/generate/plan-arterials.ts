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
