import { getHexagonAreaAvg, polygonToCellsExperimental, POLYGON_TO_CELLS_FLAGS, UNITS } from 'h3-js';
import { type MultiPolygonRings } from '../geo/polygon.js';

/** By cell: the index of the zone that covers it whole, or of those that touch it, in the order of the zones. */
export type CellTable = ReadonlyMap<string, number | readonly number[]>;

/** Cells of about 130 m across. */
const RESOLUTION_FINEST = 10;
const CELLS_MAX = 100_000;

/** The finest resolution up to 10 at which an area takes no more than about 100,000 cells. */
export function chooseResolution(areaM2: number): number {
  let resolution = RESOLUTION_FINEST;
  while (resolution > 0 && areaM2 / getHexagonAreaAvg(resolution, UNITS.m2) > CELLS_MAX) resolution--;
  return resolution;
}

export function buildCellTable(zones: readonly { readonly shape: MultiPolygonRings }[], resolution: number): CellTable {
  const touching = new Map<string, number[]>();
  const covering = new Map<string, number>();
  for (const [index, { shape }] of zones.entries()) {
    for (const cell of cellsOf(shape, resolution, POLYGON_TO_CELLS_FLAGS.containmentOverlapping)) {
      const zonesHere = touching.get(cell);
      if (zonesHere === undefined) touching.set(cell, [index]);
      else zonesHere.push(index);
    }
    for (const cell of cellsOf(shape, resolution, POLYGON_TO_CELLS_FLAGS.containmentFull)) {
      if (!covering.has(cell)) covering.set(cell, index);
    }
  }
  const table = new Map<string, number | readonly number[]>();
  for (const [cell, indexes] of touching) {
    // A zone covers the cell for good only if no zone before it has a part of it.
    const cover = covering.get(cell);
    table.set(cell, cover !== undefined && cover === indexes[0] ? cover : indexes);
  }
  return table;
}

function cellsOf(shape: MultiPolygonRings, resolution: number, flag: string): Set<string> {
  const cells = new Set<string>();
  for (const polygon of shape) {
    const rings = polygon.map((ring) => ring.map(([lon, lat]): [number, number] => [lon, lat]));
    for (const cell of polygonToCellsExperimental(rings, resolution, flag, true)) cells.add(cell);
  }
  return cells;
}
