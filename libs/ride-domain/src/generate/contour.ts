import { distance, type Point } from './plane.js';

export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/**
 * Lines on which a height is `level` (marching squares), as paths; closed ones end where they begin. A saddle is cut as its middle
 * says.
 */
export function contours(height: (point: Point) => number, level: number, box: Box, cellM: number): Point[][] {
  const columns = Math.ceil((box.east - box.west) / cellM);
  const rows = Math.ceil((box.north - box.south) / cellM);
  const at = (column: number, row: number): Point => [box.west + column * cellM, box.south + row * cellM];
  const heights: number[][] = [];
  for (let row = 0; row <= rows; row++) {
    heights.push(Array.from({ length: columns + 1 }, (_, column) => height(at(column, row)) - level));
  }
  // Each cell's pieces of line run between its sides; a side shared by two cells joins their pieces.
  const pointOnSide = new Map<string, Point>();
  const links = new Map<string, string[]>();
  const side = (c1: number, r1: number, c2: number, r2: number): string => {
    const key = `${c1},${r1},${c2},${r2}`;
    if (!pointOnSide.has(key)) {
      const [h1, h2] = [heights[r1]![c1]!, heights[r2]![c2]!];
      const [a, b] = [at(c1, r1), at(c2, r2)];
      const share = h1 / (h1 - h2);
      pointOnSide.set(key, [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]);
    }
    return key;
  };
  const link = (a: string, b: string): void => {
    links.set(a, [...(links.get(a) ?? []), b]);
    links.set(b, [...(links.get(b) ?? []), a]);
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [sw, se, ne, nw] = [
        heights[row]![column]! > 0,
        heights[row]![column + 1]! > 0,
        heights[row + 1]![column + 1]! > 0,
        heights[row + 1]![column]! > 0,
      ];
      const cut: string[] = [];
      if (sw !== se) cut.push(side(column, row, column + 1, row));
      if (se !== ne) cut.push(side(column + 1, row, column + 1, row + 1));
      if (nw !== ne) cut.push(side(column, row + 1, column + 1, row + 1));
      if (sw !== nw) cut.push(side(column, row, column, row + 1));
      if (cut.length === 2) link(cut[0]!, cut[1]!);
      if (cut.length === 4) {
        const [x, y] = at(column, row);
        const middleIn = height([x + cellM / 2, y + cellM / 2]) > level;
        const [south, east, north, west] = cut as [string, string, string, string];
        link(south, middleIn === sw ? east : west);
        link(north, middleIn === sw ? west : east);
      }
    }
  }
  return chain(links).map((keys) => keys.map((key) => pointOnSide.get(key)!));
}

/** Joins links into paths: open ones from their ends, then rings. */
function chain(links: ReadonlyMap<string, readonly string[]>): string[][] {
  const used = new Set<string>();
  const walk = (start: string): string[] => {
    const path = [start];
    used.add(start);
    for (let key: string | undefined = start; key !== undefined;) {
      const next: string | undefined = links.get(key)!.find((candidate) => !used.has(candidate));
      if (next !== undefined) {
        used.add(next);
        path.push(next);
      }
      key = next;
    }
    return path;
  };
  const open = [...links.keys()].filter((key) => links.get(key)!.length === 1);
  const paths = open.flatMap((key) => (used.has(key) ? [] : [walk(key)]));
  for (const key of links.keys()) {
    if (used.has(key)) continue;
    const ring = walk(key);
    paths.push([...ring, ring[0]!]);
  }
  return paths;
}

/** Points along a path about every `stepM`, and its end. */
export function resample(path: readonly Point[], stepM: number): Point[] {
  const result: Point[] = [path[0]!];
  let left = stepM;
  for (let i = 1; i < path.length; i++) {
    let a = path[i - 1]!;
    const b = path[i]!;
    for (let length = distance(a, b); length >= left; length = distance(a, b)) {
      a = [a[0] + ((b[0] - a[0]) * left) / length, a[1] + ((b[1] - a[1]) * left) / length];
      result.push(a);
      left = stepM;
    }
    left -= distance(a, b);
  }
  const end = path[path.length - 1]!;
  if (distance(result[result.length - 1]!, end) < stepM / 2 && result.length > 1) result.pop();
  return [...result, end];
}
