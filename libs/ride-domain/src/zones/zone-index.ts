import { latLngToCell } from 'h3-js';
import type { LatLon } from '../events/common.js';
import type { Bounds } from '../geo/geometry.js';
import {
  areaM2,
  centroid,
  contains,
  distanceToBoundsM,
  distanceToOutlineM,
  shapeBounds,
  type MultiPolygonRings,
} from '../geo/polygon.js';
import { buildCellTable, chooseResolution, type CellTable } from './cell-table.js';
import { findNeighbours } from './zone-neighbours.js';

export interface ZoneShape {
  readonly id: string;
  readonly name: string;
  readonly shape: MultiPolygonRings;
}

export interface Zone extends ZoneShape {
  readonly centroid: LatLon;
  readonly bounds: Bounds;
  readonly areaM2: number;
}

export interface ZoneIndexOptions {
  /** Zones whose outlines come so near are neighbours. Default 150 m: the width of an avenue, not of a river. */
  readonly neighbourDistanceM?: number;
  /** The ends of stretches of road. Zones so joined are neighbours whatever lies between: think of a bridge. */
  readonly roads?: Iterable<readonly [LatLon, LatLon]>;
}

/**
 * Which zone a point lies in. Zones are cut into H3 cells once; a cell inside one zone answers at once, a cell on a border asks
 * the polygons. Where zones overlap, the one that comes first in the list has the point.
 */
export class ZoneIndex {
  /** H3 resolution of the cells. */
  readonly resolution: number;
  readonly #zones: readonly Zone[];
  readonly #byId: ReadonlyMap<string, Zone>;
  readonly #cells: CellTable;
  readonly #neighbours: ReadonlyMap<string, readonly string[]>;

  /** @throws RangeError when there are no zones or two have one id. */
  constructor(shapes: readonly ZoneShape[], options: ZoneIndexOptions = {}) {
    if (shapes.length === 0) throw new RangeError('a zone index needs zones');
    this.#zones = shapes.map((zone) => ({
      ...zone,
      centroid: centroid(zone.shape),
      bounds: shapeBounds(zone.shape),
      areaM2: areaM2(zone.shape),
    }));
    this.#byId = new Map(this.#zones.map((zone) => [zone.id, zone]));
    if (this.#byId.size !== shapes.length) throw new RangeError('zone ids are not unique');
    this.resolution = chooseResolution(this.#zones.reduce((sum, zone) => sum + zone.areaM2, 0));
    this.#cells = buildCellTable(this.#zones, this.resolution);
    const joined = Array.from(options.roads ?? [], ([a, b]) => [this.nearestZone(a), this.nearestZone(b)] as const);
    this.#neighbours = findNeighbours(this.#zones, options.neighbourDistanceM ?? 150, joined);
  }

  /** The zone that a point lies in, or null outside all of them. */
  zoneAt(point: LatLon): string | null {
    const entry = this.#cells.get(latLngToCell(point.lat, point.lon, this.resolution));
    if (entry === undefined) return null;
    if (typeof entry === 'number') return this.#zones[entry]!.id;
    for (const index of entry) {
      const zone = this.#zones[index]!;
      if (contains(zone.shape, point)) return zone.id;
    }
    return null;
  }

  /** The zone that a point lies in, or else the one whose outline is nearest. */
  nearestZone(point: LatLon): string {
    const inside = this.zoneAt(point);
    if (inside !== null) return inside;
    let best = this.#zones[0]!;
    let bestM = Infinity;
    for (const zone of this.#zones) {
      if (distanceToBoundsM(zone.bounds, point) >= bestM) continue;
      const distanceM = distanceToOutlineM(zone.shape, point);
      if (distanceM < bestM) {
        best = zone;
        bestM = distanceM;
      }
    }
    return best.id;
  }

  /** Zones beside a zone, in the order of `all()`. @throws RangeError for an unknown zone. */
  neighbours(zone: string): readonly string[] {
    const neighbours = this.#neighbours.get(zone);
    if (neighbours === undefined) throw new RangeError(`no zone ${zone}`);
    return neighbours;
  }

  /** All zones, in the order of the pack. */
  all(): readonly Zone[] {
    return this.#zones;
  }

  get(zone: string): Zone | undefined {
    return this.#byId.get(zone);
  }
}
