/** A point of the plan, metres east and north of the city's middle. */
export type Point = readonly [number, number];
export type Path = readonly Point[];

export const distance = (a: Point, b: Point): number => Math.hypot(b[0] - a[0], b[1] - a[1]);

export const between = (a: Point, b: Point, share: number): Point => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
];

export function pathLength(path: Path): number {
  let sum = 0;
  for (let i = 1; i < path.length; i++) sum += distance(path[i - 1]!, path[i]!);
  return sum;
}

/** Even-odd test; the ring need not repeat its first point. Called millions of times, hence no destructuring. */
export function insidePolygon(ring: Path, point: Point): boolean {
  const x = point[0];
  const y = point[1];
  let inside = false;
  let before = ring[ring.length - 1]!;
  for (const corner of ring) {
    if (corner[1] > y !== before[1] > y) {
      const slope = (before[0] - corner[0]) / (before[1] - corner[1]);
      if (x < slope * (y - corner[1]) + corner[0]) inside = !inside;
    }
    before = corner;
  }
  return inside;
}

/** The nearest point of a segment, and how far along it lies (0 to 1). */
export function projectOnSegment(p: Point, a: Point, b: Point): { readonly point: Point; readonly share: number } {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const raw = squared === 0 ? 0 : ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squared;
  const share = Math.max(0, Math.min(1, raw));
  return { point: between(a, b, share), share };
}

/** Where two segments cross, as shares along both; null when they do not, or run parallel. */
export function crossing(a: Point, b: Point, c: Point, d: Point): { readonly s: number; readonly t: number } | null {
  const [rx, ry] = [b[0] - a[0], b[1] - a[1]];
  const [qx, qy] = [d[0] - c[0], d[1] - c[1]];
  const denominator = rx * qy - ry * qx;
  if (Math.abs(denominator) < 1e-9) return null;
  const [wx, wy] = [c[0] - a[0], c[1] - a[1]];
  const s = (wx * qy - wy * qx) / denominator;
  const t = (wx * ry - wy * rx) / denominator;
  return s >= 0 && s <= 1 && t >= 0 && t <= 1 ? { s, t } : null;
}

/** A smooth curve through points (Catmull-Rom), with a point about every `stepM` metres. */
export function smooth(points: Path, stepM: number): Point[] {
  const curve: Point[] = [points[0]!];
  for (let i = 0; i + 1 < points.length; i++) {
    const [p1, p2] = [points[i]!, points[i + 1]!];
    const p0 = points[i - 1] ?? p1;
    const p3 = points[i + 2] ?? p2;
    const steps = Math.max(1, Math.round(distance(p1, p2) / stepM));
    for (let k = 1; k <= steps; k++) curve.push(catmullRom(p0, p1, p2, p3, k / steps));
  }
  return curve;
}

function catmullRom(p0: Point, p1: Point, p2: Point, p3: Point, t: number): Point {
  const axis = (a: number, b: number, c: number, d: number): number =>
    0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
  return [axis(p0[0], p1[0], p2[0], p3[0]), axis(p0[1], p1[1], p2[1], p3[1])];
}

/** The same curve for a ring. */
export function smoothRing(points: Path, stepM: number): Point[] {
  const n = points.length;
  const ring: Point[] = [];
  for (let i = 0; i < n; i++) {
    const [p0, p1, p2, p3] = [-1, 0, 1, 2].map((k) => points[(i + k + n) % n]!) as [Point, Point, Point, Point];
    const steps = Math.max(1, Math.round(distance(p1, p2) / stepM));
    for (let k = 0; k < steps; k++) ring.push(catmullRom(p0, p1, p2, p3, k / steps));
  }
  return ring;
}

/** Stretches of a path on which a test holds, cut to about a metre. */
export function clipPath(path: Path, keep: (point: Point) => boolean, stepM = 30): Point[][] {
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  let before: { readonly point: Point; readonly isIn: boolean } | null = null;
  const close = (): void => {
    if (pathLength(piece) > stepM) pieces.push(piece);
    piece = [];
  };
  const visit = (point: Point, isCorner: boolean): void => {
    const isIn = keep(point);
    if (before !== null && isIn !== before.isIn) {
      piece.push(isIn ? boundary(point, before.point, keep) : boundary(before.point, point, keep));
      if (!isIn) close();
    }
    if (isIn && (isCorner || piece.length === 0)) piece.push(point);
    before = { point, isIn };
  };
  for (const [i, corner] of path.entries()) {
    const last = path[i - 1];
    if (last !== undefined) {
      const steps = Math.ceil(distance(last, corner) / stepM);
      for (let k = 1; k < steps; k++) visit(between(last, corner, k / steps), false);
    }
    visit(corner, true);
  }
  close();
  return pieces;
}

/** The last point from `inside` to `outside` that is still in. */
function boundary(inside: Point, outside: Point, keep: (point: Point) => boolean): Point {
  let [low, high] = [0, 1];
  for (let i = 0; i < 8; i++) {
    const middle = (low + high) / 2;
    if (keep(between(inside, outside, middle))) low = middle;
    else high = middle;
  }
  return between(inside, outside, low);
}

/** Drops points that lie within `toleranceM` of the line between their kept neighbours (Ramer-Douglas-Peucker). */
export function simplify(path: Path, toleranceM: number): Point[] {
  if (path.length < 3) return [...path];
  const [first, last] = [path[0]!, path[path.length - 1]!];
  let worst = { index: 0, distance: 0 };
  for (let i = 1; i < path.length - 1; i++) {
    const away = distance(path[i]!, projectOnSegment(path[i]!, first, last).point);
    if (away > worst.distance) worst = { index: i, distance: away };
  }
  if (worst.distance <= toleranceM) return [first, last];
  const head = simplify(path.slice(0, worst.index + 1), toleranceM);
  return [...head.slice(0, -1), ...simplify(path.slice(worst.index), toleranceM)];
}

/** A ring with a point about every `stepM` along its sides, so that it bends where the plan is bent. */
export function densify(ring: Path, stepM: number): Point[] {
  return ring.flatMap((point, i) => {
    const next = ring[(i + 1) % ring.length]!;
    const steps = Math.max(1, Math.ceil(distance(point, next) / stepM));
    return Array.from({ length: steps }, (_, k) => between(point, next, k / steps));
  });
}
