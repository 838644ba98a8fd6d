import { type Layer } from '@deck.gl/core';
import { IconLayer, LineLayer, ScatterplotLayer, TextLayer } from '@deck.gl/layers';
import type { LiveRide } from '../../../src/live/protocol.js';
import type { VehicleTable } from '../state/vehicle-table.js';
import { MAP_TEXT } from './label-layer.js';
import type { IconAtlas, PinName } from './icon-atlas.js';
import { mix, withAlpha, type Palette, type Rgba } from './palette.js';
import type { VehicleFrame } from './vehicle-layer.js';

type LonLat = [number, number];

export interface Pin {
  readonly name: PinName;
  readonly at: readonly [number, number];
}

export interface RideScene {
  readonly rides: readonly LiveRide[];
  readonly vehicles: VehicleTable;
  readonly frame: VehicleFrame;
  readonly palette: Palette;
  readonly atlas: IconAtlas;
  /** City time, ms. */
  readonly cityMs: number;
  /** Local time, ms: drives what pulses. */
  readonly nowMs: number;
  readonly zoom: number;
  readonly showRiders: boolean;
  readonly showMatches: boolean;
  readonly selectedRide: LiveRide | null;
  readonly selectedDriver: string | null;
  readonly pins: readonly Pin[];
  readonly still: boolean;
}

/** A rider who waits this long (city time) is shown in the most urgent colour. */
export const LONG_WAIT_S = 300;
const DASH_PX = 7;
const MAX_DASHES = 40;

interface Line {
  readonly from: LonLat;
  readonly to: LonLat;
  readonly colour: Rgba;
  readonly width: number;
}

function driverPosition(scene: RideScene, driverId: string | null): LonLat | null {
  const row = driverId === null ? undefined : scene.vehicles.row(driverId);
  if (row === undefined || row >= scene.frame.count) return null;
  return [scene.frame.positions[row * 2]!, scene.frame.positions[row * 2 + 1]!];
}

/** Cuts a line into dashes of an even length on the screen; `phase` 0 to 1 moves them toward the end. */
export function dashes(from: LonLat, to: LonLat, pixelsPerDegree: number, phase: number): [LonLat, LonLat][] {
  const lengthPx = Math.hypot((to[0] - from[0]) * pixelsPerDegree, (to[1] - from[1]) * pixelsPerDegree * 1.3);
  const count = Math.min(MAX_DASHES, Math.max(1, Math.floor(lengthPx / (DASH_PX * 2))));
  const at = (t: number): LonLat => [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
  return Array.from({ length: count }, (_, i): [LonLat, LonLat] => {
    const start = (i + phase) / count;
    return [at(Math.min(1, start)), at(Math.min(1, start + 0.5 / count))];
  });
}

function matchLines(scene: RideScene): Line[] {
  const { palette, nowMs, zoom, selectedRide } = scene;
  const lines: Line[] = [];
  const pixelsPerDegree = (512 / 360) * 2 ** zoom;
  // Many at once would cover the city: the more there are, the fainter.
  const coming = scene.rides.filter((ride) => ride.state === 'en_route').length;
  const comingAlpha = Math.min(140, Math.max(44, 150 - coming * 1.4));
  const phase = scene.still ? 0 : (nowMs % 900) / 900;
  for (const ride of scene.rides) {
    const chosen = ride.rideId === selectedRide?.rideId;
    if (!scene.showMatches && !chosen) continue;
    const driver = driverPosition(scene, ride.driverId);
    if (!driver) continue;
    if (ride.state === 'offered') {
      const colour = withAlpha(palette.states.offered, 235);
      for (const [from, to] of dashes(driver, [...ride.pickup], pixelsPerDegree, phase)) {
        lines.push({ from, to, colour, width: 2 });
      }
    } else if (ride.state === 'en_route') {
      const colour = withAlpha(palette.states.en_route, chosen ? 255 : comingAlpha);
      lines.push({ from: driver, to: [...ride.pickup], colour, width: chosen ? 3 : 1.4 });
    } else if (chosen && ride.state === 'in_progress') {
      lines.push({ from: driver, to: [...ride.dropoff], colour: withAlpha(palette.states.on_trip, 255), width: 3 });
    }
  }
  if (selectedRide && selectedRide.state !== 'in_progress') {
    const colour = withAlpha(palette.dropoff, 110);
    for (const [from, to] of dashes([...selectedRide.pickup], [...selectedRide.dropoff], pixelsPerDegree, 0)) {
      lines.push({ from, to, colour, width: 1.5 });
    }
  }
  return lines;
}

interface WaitingRider {
  readonly at: LonLat;
  readonly share: number;
  readonly secondsLeft: number | null;
}

function waitingRiders({ rides, cityMs, showRiders }: RideScene): WaitingRider[] {
  const waiting: WaitingRider[] = [];
  if (!showRiders) return waiting;
  for (const ride of rides) {
    if (ride.state !== 'queued' && ride.state !== 'offered') continue;
    const share = Math.min(1, Math.max(0, (cityMs - ride.requestedAt) / 1_000 / LONG_WAIT_S));
    const left = ride.offerExpiresAt === null ? null : Math.max(0, Math.ceil((ride.offerExpiresAt - cityMs) / 1_000));
    waiting.push({ at: [...ride.pickup], share, secondsLeft: ride.state === 'offered' ? left : null });
  }
  return waiting;
}

function riderLayers(scene: RideScene): Layer[] {
  const { palette, nowMs, zoom, still } = scene;
  const riders = waitingRiders(scene);
  const scale = Math.min(1.5, Math.max(0.62, (zoom - 8) / 6));
  const beat = still ? 0.5 : (nowMs % 1_600) / 1_600;
  const colour = (rider: WaitingRider): Rgba =>
    withAlpha(mix(palette.waitingYoung, palette.waitingOld, rider.share), 255);
  const countdowns = zoom < 13.2 ? [] : riders.filter((rider) => rider.secondsLeft !== null).slice(0, 80);
  return [
    new ScatterplotLayer<WaitingRider>({
      id: 'rider-rings',
      data: riders,
      getPosition: (rider) => rider.at,
      getRadius: (rider) => (6 + rider.share * 9) * scale * (rider.share === 1 ? 0.8 + beat * 0.6 : 1),
      getFillColor: (rider) => withAlpha(mix(palette.waitingYoung, palette.waitingOld, rider.share), 26),
      getLineColor: (rider) =>
        withAlpha(
          mix(palette.waitingYoung, palette.waitingOld, rider.share),
          rider.share === 1 ? 230 - beat * 190 : 190,
        ),
      stroked: true,
      lineWidthUnits: 'pixels',
      getLineWidth: 1.5,
      radiusUnits: 'pixels',
    }),
    new ScatterplotLayer<WaitingRider>({
      id: 'riders',
      data: riders,
      getPosition: (rider) => rider.at,
      getRadius: 3.4 * scale,
      getFillColor: (rider) => [...colour(rider)],
      getLineColor: [...palette.labelHalo],
      stroked: true,
      lineWidthUnits: 'pixels',
      getLineWidth: 1,
      radiusUnits: 'pixels',
      updateTriggers: { getRadius: scale },
    }),
    new TextLayer<WaitingRider>({
      id: 'offer-countdowns',
      data: countdowns,
      getPosition: (rider) => rider.at,
      getText: (rider) => `${rider.secondsLeft ?? 0} s`,
      getColor: withAlpha(palette.states.offered, 255),
      getSize: 11,
      getPixelOffset: [0, -18 * scale],
      ...MAP_TEXT,
      fontWeight: 650,
      outlineColor: [...palette.labelHalo],
      characterSet: '0123456789 s',
    }),
  ];
}

function selectionLayers(scene: RideScene): Layer[] {
  const { palette, pins, atlas, zoom } = scene;
  const driver = driverPosition(scene, scene.selectedRide?.driverId ?? scene.selectedDriver);
  return [
    new ScatterplotLayer<LonLat>({
      id: 'selection',
      data: driver ? [driver] : [],
      getPosition: (at) => at,
      getRadius: Math.max(13, 5 + zoom),
      radiusUnits: 'pixels',
      getFillColor: withAlpha(palette.selection, 34),
      getLineColor: withAlpha(palette.selection, 240),
      stroked: true,
      lineWidthUnits: 'pixels',
      getLineWidth: 2,
      updateTriggers: { getRadius: zoom },
    }),
    new IconLayer<Pin>({
      id: 'pins',
      data: pins,
      iconAtlas: atlas.image,
      iconMapping: atlas.mapping,
      getIcon: (pin) => pin.name,
      getPosition: (pin) => [pin.at[0], pin.at[1]],
      getSize: 40,
    }),
  ];
}

/** From the ground up: match lines and riders; vehicles come between these and the selection. */
export function rideLayers(scene: RideScene): { below: Layer[]; above: Layer[] } {
  const lines = new LineLayer<Line>({
    id: 'match-lines',
    data: matchLines(scene),
    getSourcePosition: (line) => line.from,
    getTargetPosition: (line) => line.to,
    getColor: (line) => [...line.colour],
    getWidth: (line) => line.width,
    widthUnits: 'pixels',
  });
  const [rings, riders, countdowns] = riderLayers(scene);
  return { below: [lines, rings!, riders!], above: [countdowns!, ...selectionLayers(scene)] };
}
