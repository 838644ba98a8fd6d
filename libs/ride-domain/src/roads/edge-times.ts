/** Slowest and fastest plausible speed of a vehicle over a whole road edge, metres per second. */
export const SPEED_MIN_MPS = 1.5;
export const SPEED_MAX_MPS = 30;
/** Edges shorter than this are timed as if so long: ends of one junction, where the length says nothing. */
const LENGTH_MIN_M = 5;
const HOURS = 24;

/**
 * Makes edge times fit for routing. Times estimated from trips can be noise (1 s in one hour, 60 s in the next), and a router
 * seeks out the errors that look like short cuts. With pace = seconds per metre, clamped to plausible speeds, each
 * ln pace(edge, hour) = city(hour) + level(edge) + rest(edge, hour):
 *
 * - city(hour): the median over edges;
 * - level(edge): the mean over hours of what remains; how slow this road is;
 * - rest: what is left. True change over the day is smooth, noise is not: the variance of white noise is a sixth of that of its
 *   second differences. Level and rest are each shrunk by the share of their variance that the noise explains (James-Stein).
 *
 * Clean times have a rest without noise, so they come out as they went in, apart from the clamp.
 *
 * @param lengthsM metres per edge
 * @param seconds  `seconds[hour * edgeCount + edge]`, not negative; 0 is unknown, and the edge's other hours speak for it
 * @returns the same layout
 */
export function repairEdgeTimes(lengthsM: ArrayLike<number>, seconds: ArrayLike<number>): Float32Array {
  const edgeCount = lengthsM.length;
  const length = (edge: number): number => Math.max(LENGTH_MIN_M, lengthsM[edge]!);
  const rest = new Float64Array(HOURS * edgeCount);
  for (let i = 0; i < rest.length; i++) {
    const pace = seconds[i]! / length(i % edgeCount);
    rest[i] = seconds[i] === 0 ? NaN : Math.log(Math.min(1 / SPEED_MIN_MPS, Math.max(1 / SPEED_MAX_MPS, pace)));
  }
  const city = Array.from({ length: HOURS }, (_, hour) =>
    median(rest.subarray(hour * edgeCount, (hour + 1) * edgeCount)),
  );
  for (let i = 0; i < rest.length; i++) rest[i]! -= city[Math.floor(i / edgeCount)]!;
  const level = Float64Array.from(lengthsM, (_, edge) => meanOverHours(rest, edge, edgeCount));
  for (let i = 0; i < rest.length; i++) rest[i] = Number.isNaN(rest[i]) ? 0 : rest[i]! - level[i % edgeCount]!;

  const noise = noiseVariance(rest, edgeCount);
  const keptRest = signalShare(variance(rest), noise);
  const keptLevel = signalShare(variance(level), noise / HOURS);
  const meanLevel = mean(level);
  const result = new Float32Array(HOURS * edgeCount);
  for (let i = 0; i < result.length; i++) {
    const edge = i % edgeCount;
    const smoothed = city[Math.floor(i / edgeCount)]! + meanLevel + keptLevel * (level[edge]! - meanLevel);
    const pace = Math.exp(smoothed + keptRest * rest[i]!);
    result[i] = length(edge) * Math.min(1 / SPEED_MIN_MPS, Math.max(1 / SPEED_MAX_MPS, pace));
  }
  return result;
}

/** Mean square of second differences over the (circular) day, divided by 1² + 2² + 1². */
function noiseVariance(rest: Float64Array, edgeCount: number): number {
  let sum = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    const before = ((hour + HOURS - 1) % HOURS) * edgeCount;
    const after = ((hour + 1) % HOURS) * edgeCount;
    for (let edge = 0; edge < edgeCount; edge++) {
      const bend = rest[before + edge]! - 2 * rest[hour * edgeCount + edge]! + rest[after + edge]!;
      sum += bend * bend;
    }
  }
  return rest.length === 0 ? 0 : sum / (6 * rest.length);
}

const signalShare = (total: number, noise: number): number => (total <= 0 ? 0 : Math.max(0, 1 - noise / total));

/** Mean of what is known of an edge; 0, which is as the city's edges are, when nothing is. */
function meanOverHours(values: Float64Array, edge: number, edgeCount: number): number {
  let sum = 0;
  let known = 0;
  for (let i = edge; i < values.length; i += edgeCount) {
    if (Number.isNaN(values[i])) continue;
    sum += values[i]!;
    known++;
  }
  return known === 0 ? 0 : sum / known;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

function variance(values: Float64Array): number {
  const middle = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - middle) ** 2;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Of the known values. */
function median(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
