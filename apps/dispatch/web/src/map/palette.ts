import type { DriverState } from '@ridestream/ride-domain/events/driver-events';

export type Rgb = readonly [number, number, number];
export type Rgba = readonly [number, number, number, number];
export type ThemeName = 'dark' | 'light';

/** Colours of the map. The panels have the same ones as CSS variables in styles/tokens.css: change both. */
export interface Palette {
  readonly outside: string;
  readonly land: Rgba;
  readonly water: Rgba;
  readonly park: Rgba;
  readonly street: Rgba;
  readonly mainStreet: Rgba;
  readonly arterial: Rgba;
  readonly motorway: Rgba;
  readonly zoneLine: Rgba;
  readonly label: Rgba;
  readonly labelHalo: Rgba;
  readonly states: Readonly<Record<DriverState, Rgb>>;
  readonly vehicleEdge: string;
  readonly vehicleGlass: string;
  readonly waitingYoung: Rgb;
  readonly waitingOld: Rgb;
  readonly heat: readonly [Rgb, Rgb];
  readonly selection: Rgb;
  readonly pickup: Rgb;
  readonly dropoff: Rgb;
}

const dark: Palette = {
  outside: '#0a131d',
  land: [22, 30, 39, 255],
  water: [10, 19, 29, 255],
  park: [20, 43, 36, 255],
  street: [41, 52, 64, 255],
  mainStreet: [54, 67, 81, 255],
  arterial: [68, 83, 99, 255],
  motorway: [88, 103, 120, 255],
  zoneLine: [140, 170, 200, 70],
  label: [150, 168, 186, 235],
  labelHalo: [14, 20, 27, 235],
  states: {
    idle: [61, 220, 151],
    offered: [255, 194, 75],
    en_route: [66, 186, 255],
    waiting: [255, 133, 205],
    on_trip: [146, 154, 255],
    offline: [112, 124, 136],
  },
  vehicleEdge: 'rgba(6, 10, 14, 0.9)',
  vehicleGlass: 'rgba(8, 13, 18, 0.72)',
  waitingYoung: [255, 209, 102],
  waitingOld: [255, 84, 84],
  heat: [
    [255, 196, 84],
    [255, 72, 88],
  ],
  selection: [255, 255, 255],
  pickup: [61, 220, 151],
  dropoff: [255, 255, 255],
};

const light: Palette = {
  outside: '#d4e2ec',
  land: [244, 245, 243, 255],
  water: [201, 221, 234, 255],
  park: [214, 232, 212, 255],
  street: [255, 255, 255, 255],
  mainStreet: [255, 255, 255, 255],
  arterial: [226, 229, 232, 255],
  motorway: [208, 214, 220, 255],
  zoneLine: [70, 96, 122, 70],
  label: [74, 90, 106, 240],
  labelHalo: [255, 255, 255, 235],
  states: {
    idle: [0, 148, 92],
    offered: [214, 138, 0],
    en_route: [0, 118, 214],
    waiting: [204, 44, 138],
    on_trip: [88, 86, 214],
    offline: [128, 138, 148],
  },
  vehicleEdge: 'rgba(255, 255, 255, 0.95)',
  vehicleGlass: 'rgba(255, 255, 255, 0.75)',
  waitingYoung: [232, 150, 0],
  waitingOld: [216, 32, 48],
  heat: [
    [255, 170, 40],
    [226, 36, 60],
  ],
  selection: [16, 24, 32],
  pickup: [0, 148, 92],
  dropoff: [16, 24, 32],
};

export const PALETTES: Readonly<Record<ThemeName, Palette>> = { dark, light };

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const t = Math.min(1, Math.max(0, share));
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export const css = ([r, g, b]: Rgb): string => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
export const withAlpha = ([r, g, b]: Rgb, alpha: number): [number, number, number, number] => [r, g, b, alpha];
