import type { LatLon } from '../events/common.js';
import { boundsOf, LocalProjection } from '../geo/geometry.js';

/** Points per cell that the grid aims at. */
const POINTS_PER_CELL = 2;

/**
 * Finds the nearest of a fixed set of points. A uniform grid over the plane around the set's middle, points sorted by cell;
 * a search walks rings of cells outward until no nearer point can follow.
 */
export class NodeGrid {
  readonly #projection: LocalProjection;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #minX: number;
  readonly #minY: number;
  readonly #cellM: number;
  readonly #columns: number;
  readonly #rows: number;
  /** Points of cell c are `#order[#first[c]]` up to but not `#order[#first[c + 1]]`. */
  readonly #first: Uint32Array;
  readonly #order: Uint32Array;

  /** @throws RangeError when there are no points. */
  constructor(points: readonly LatLon[]) {
    if (points.length === 0) throw new RangeError('a grid needs points');
    const [west, south, east, north] = boundsOf(points);
    this.#projection = new LocalProjection({ lat: (south + north) / 2, lon: (west + east) / 2 });
    this.#x = Float64Array.from(points, ({ lon }) => this.#projection.x(lon));
    this.#y = Float64Array.from(points, ({ lat }) => this.#projection.y(lat));
    this.#minX = this.#projection.x(west);
    this.#minY = this.#projection.y(south);
    const width = this.#projection.x(east) - this.#minX;
    const height = this.#projection.y(north) - this.#minY;
    const cells = Math.max(1, points.length / POINTS_PER_CELL);
    // At least a cell's worth of width in both directions, so that points on one line do not make endless columns.
    this.#cellM = Math.max(1, Math.sqrt((width * height) / cells), Math.max(width, height) / cells);
    this.#columns = Math.floor(width / this.#cellM) + 1;
    this.#rows = Math.floor(height / this.#cellM) + 1;

    const cellOfPoint = Uint32Array.from(points, (_, i) => this.#cellAt(this.#x[i]!, this.#y[i]!));
    this.#first = new Uint32Array(this.#columns * this.#rows + 1);
    for (const cell of cellOfPoint) this.#first[cell + 1]!++;
    for (let c = 0; c < this.#first.length - 1; c++) this.#first[c + 1]! += this.#first[c]!;
    this.#order = new Uint32Array(points.length);
    const next = this.#first.slice();
    for (const [point, cell] of cellOfPoint.entries()) this.#order[next[cell]!++] = point;
  }

  /** Index of the point nearest to `point`; the lowest index among equals. */
  nearest(point: LatLon): number {
    const x = this.#projection.x(point.lon);
    const y = this.#projection.y(point.lat);
    const column = clamp(Math.floor((x - this.#minX) / this.#cellM), this.#columns - 1);
    const row = clamp(Math.floor((y - this.#minY) / this.#cellM), this.#rows - 1);
    const best = { index: -1, squared: Infinity };
    const ringsMax = Math.max(this.#columns, this.#rows);
    for (let ring = 0; ring <= ringsMax; ring++) {
      // A point outside the grid is nearer to none of its cells than the clamped cell's neighbours are apart.
      const atLeastM = (ring - 1) * this.#cellM;
      if (ring > 0 && atLeastM * atLeastM > best.squared) break;
      this.#searchRing(row, column, ring, x, y, best);
    }
    return best.index;
  }

  #searchRing(
    row: number,
    column: number,
    ring: number,
    x: number,
    y: number,
    best: { index: number; squared: number },
  ) {
    for (let r = Math.max(0, row - ring); r <= Math.min(this.#rows - 1, row + ring); r++) {
      const edge = Math.abs(r - row) === ring;
      for (let c = column - ring; c <= column + ring; c += edge || ring === 0 ? 1 : 2 * ring) {
        if (c >= 0 && c < this.#columns) this.#searchCell(r * this.#columns + c, x, y, best);
      }
    }
  }

  #searchCell(cell: number, x: number, y: number, best: { index: number; squared: number }): void {
    for (let i = this.#first[cell]!; i < this.#first[cell + 1]!; i++) {
      const index = this.#order[i]!;
      const squared = (this.#x[index]! - x) ** 2 + (this.#y[index]! - y) ** 2;
      if (squared < best.squared || (squared === best.squared && index < best.index)) {
        best.index = index;
        best.squared = squared;
      }
    }
  }

  #cellAt(x: number, y: number): number {
    const column = clamp(Math.floor((x - this.#minX) / this.#cellM), this.#columns - 1);
    const row = clamp(Math.floor((y - this.#minY) / this.#cellM), this.#rows - 1);
    return row * this.#columns + column;
  }
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, value));
