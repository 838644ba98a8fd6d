import type { Path, Point } from './plane.js';

const SEGMENTS_PER_CHUNK = 12;

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** A path that is asked for distances again and again: stretches that lie farther off than the best so far are skipped. */
export class PathIndex {
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #chunks: readonly Chunk[];

  constructor(path: Path) {
    this.#x = Float64Array.from(path, ([x]) => x);
    this.#y = Float64Array.from(path, ([, y]) => y);
    const chunks: Chunk[] = [];
    for (let start = 0; start < path.length - 1; start += SEGMENTS_PER_CHUNK) {
      const end = Math.min(path.length - 1, start + SEGMENTS_PER_CHUNK);
      const xs = this.#x.subarray(start, end + 1);
      const ys = this.#y.subarray(start, end + 1);
      const [west, east] = [Math.min(...xs), Math.max(...xs)];
      chunks.push({ start, end, west, south: Math.min(...ys), east, north: Math.max(...ys) });
    }
    this.#chunks = chunks;
  }

  /** Distance to the path, and where on it the nearest point lies: the index of the point before, plus the share of the segment. */
  nearest(point: Point): { readonly distance: number; readonly index: number } {
    const x = point[0];
    const y = point[1];
    let best = Infinity;
    let index = 0;
    for (const chunk of this.#chunks) {
      const dx = x < chunk.west ? chunk.west - x : x > chunk.east ? x - chunk.east : 0;
      const dy = y < chunk.south ? chunk.south - y : y > chunk.north ? y - chunk.north : 0;
      if (dx * dx + dy * dy >= best) continue;
      for (let i = chunk.start; i < chunk.end; i++) {
        const ax = this.#x[i]!;
        const ay = this.#y[i]!;
        const ux = this.#x[i + 1]! - ax;
        const uy = this.#y[i + 1]! - ay;
        const squared = ux * ux + uy * uy;
        const along = squared === 0 ? 0 : ((x - ax) * ux + (y - ay) * uy) / squared;
        const share = along < 0 ? 0 : along > 1 ? 1 : along;
        const away = (ax + share * ux - x) ** 2 + (ay + share * uy - y) ** 2;
        if (away < best) {
          best = away;
          index = i + share;
        }
      }
    }
    return { distance: Math.sqrt(best), index };
  }

  distance(point: Point): number {
    return this.nearest(point).distance;
  }
}
