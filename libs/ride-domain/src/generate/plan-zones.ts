import type { Land } from './plan-land.js';
import type { Point } from './plane.js';

export interface PlannedZone {
  readonly id: string;
  readonly name: string;
  readonly land: Land;
  /** A block belongs to the zone whose middle is nearest. */
  readonly middle: Point;
  /** Thousands of people who live, work and go out here. */
  readonly homes: number;
  readonly jobs: number;
  readonly leisure: number;
}

const zone = (
  name: string,
  land: Land,
  middle: Point,
  [homes, jobs, leisure]: readonly [number, number, number],
): PlannedZone => ({
  id: name.toLowerCase().replace(/[^a-z]+/g, '-'),
  name,
  land,
  middle,
  homes,
  jobs,
  leisure,
});

export const ZONES: readonly PlannedZone[] = [
  zone('Old Harbour', 'centre', [-950, -2_450], [9, 12, 26]),
  zone('Fishmarket', 'centre', [-250, -1_900], [8, 10, 22]),
  zone('Exchange', 'centre', [-950, -850], [7, 48, 12]),
  zone('Guildhall', 'centre', [100, -850], [8, 42, 14]),
  zone('Cathedral', 'centre', [-1_000, 0], [12, 26, 16]),
  zone('Theatre Row', 'centre', [350, 20], [10, 26, 38]),
  zone('Central Station', 'centre', [1_050, -350], [9, 34, 20]),
  zone('Parkside', 'centre', [950, 750], [20, 18, 14]),
  zone('University', 'centre', [-950, 1_000], [18, 20, 16]),
  zone('Midtown', 'centre', [50, 950], [18, 30, 16]),
  zone('Millgate', 'centre', [100, 1_800], [18, 9, 8]),
  zone('Elder Park', 'centre', [2_050, 500], [6, 5, 12]),
  zone('Uppergate', 'centre', [2_050, 1_950], [20, 8, 7]),
  zone('South Shore', 'centre', [900, -2_150], [19, 9, 13]),
  zone('Ferry Hill', 'centre', [2_000, -1_900], [17, 8, 10]),
  zone('Eastgate', 'centre', [3_350, -100], [17, 14, 7]),
  zone('Gasworks', 'centre', [3_400, 1_300], [15, 12, 8]),
  zone('Saltmarsh', 'centre', [3_450, -1_500], [15, 6, 6]),
  zone('Larch End', 'centre', [5_000, 1_450], [13, 4, 3]),
  zone('Curlew Fields', 'centre', [5_000, -1_150], [12, 6, 3]),
  zone('Airport', 'centre', [6_300, 150], [2, 26, 9]),
  zone('Westquay', 'west', [-2_500, -1_500], [14, 14, 10]),
  zone('Ropewalk', 'west', [-2_600, -100], [17, 11, 12]),
  zone('Sallow Bank', 'west', [-2_450, 1_400], [18, 8, 7]),
  zone('Abbey', 'west', [-2_250, 3_100], [16, 6, 5]),
  zone('Kiln Hill', 'west', [-4_300, -1_400], [13, 5, 4]),
  zone('Westcliff', 'west', [-4_300, 600], [15, 5, 6]),
  zone('Beacon Heights', 'west', [-4_300, 2_600], [13, 3, 3]),
  zone('Millbrook', 'north', [-100, 3_300], [20, 8, 8]),
  zone('Weavers', 'north', [1_400, 3_250], [19, 8, 9]),
  zone('Highfield', 'north', [3_300, 3_500], [15, 5, 6]),
  zone('Lantern Island', 'island', [3_300, -3_950], [7, 4, 16]),
];

/** Places that draw riders from far: how many times as many as an ordinary corner, and how wide about, in metres. */
export const HOT_SPOTS: readonly { readonly at: Point; readonly factor: number; readonly spreadM: number }[] = [
  { at: [1_050, -330], factor: 14, spreadM: 140 },
  { at: [6_250, 250], factor: 16, spreadM: 260 },
  { at: [350, 30], factor: 7, spreadM: 220 },
  { at: [-350, -2_750], factor: 7, spreadM: 180 },
  { at: [-950, -900], factor: 5, spreadM: 260 },
  { at: [-900, 950], factor: 5, spreadM: 200 },
  { at: [3_500, 1_250], factor: 6, spreadM: 150 },
  { at: [-2_500, -1_300], factor: 4, spreadM: 180 },
  { at: [2_600, -2_500], factor: 5, spreadM: 150 },
  { at: [1_400, 3_080], factor: 4, spreadM: 160 },
];
