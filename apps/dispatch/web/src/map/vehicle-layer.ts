import { type Layer } from '@deck.gl/core';
import { IconLayer } from '@deck.gl/layers';
import { DRIVER_STATES, type VehicleTable } from '../state/vehicle-table.js';
import type { IconAtlas } from './icon-atlas.js';

/** Icon height in pixels by zoom, straight lines between; a car is 80 % of its icon. */
const SIZES = [
  [10, 6],
  [11.5, 8.5],
  [12.5, 13],
  [13.5, 19],
  [15, 28],
  [17, 48],
  [19, 90],
] as const;

export function vehicleSizePx(zoom: number): number {
  const next = SIZES.findIndex(([at]) => at > zoom);
  if (next === 0) return SIZES[0][1];
  if (next === -1) return SIZES[SIZES.length - 1]![1];
  const [fromZoom, fromSize] = SIZES[next - 1]!;
  const [toZoom, toSize] = SIZES[next]!;
  return fromSize + ((zoom - fromZoom) / (toZoom - fromZoom)) * (toSize - fromSize);
}

/**
 * Positions and headings of all vehicles at a moment, in arrays that are filled anew each frame and handed to the graphics
 * card as they are. Icons, one per state, are looked up only when the table's version changes.
 */
export class VehicleFrame {
  positions = new Float64Array(0);
  angles = new Float32Array(0);
  count = 0;
  private frame = 0;

  sample(vehicles: VehicleTable, nowMs: number): number {
    this.count = vehicles.count;
    if (this.angles.length < this.count) {
      const size = Math.max(256, this.count * 2);
      this.positions = new Float64Array(size * 2);
      this.angles = new Float32Array(size);
    }
    this.frame++;
    return vehicles.tracks.sample(this.count, nowMs, this.positions, this.angles);
  }

  layer(vehicles: VehicleTable, atlas: IconAtlas, zoom: number, visible: boolean): Layer {
    const version = vehicles.version;
    return new IconLayer({
      id: 'vehicles',
      visible,
      data: {
        length: this.count,
        version,
        attributes: {
          getPosition: { value: this.positions.subarray(0, this.count * 2), size: 2 },
          getAngle: { value: this.angles.subarray(0, this.count), size: 1 },
        },
      },
      dataComparator: (next, previous) => versionOf(next) === versionOf(previous),
      iconAtlas: atlas.image,
      iconMapping: atlas.mapping,
      getIcon: (_vehicle: unknown, { index }) => DRIVER_STATES[vehicles.stateNumber(index)]!,
      getSize: 1,
      sizeScale: vehicleSizePx(zoom),
      updateTriggers: { getPosition: this.frame, getAngle: this.frame, getIcon: version },
    });
  }
}

function versionOf(data: unknown): number {
  return typeof data === 'object' && data !== null && 'version' in data ? Number(data.version) : -1;
}
