import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import type { Drive, SimCity } from '../src/core/sim-city.js';

const SOUTH = 40;
const WEST = -74;
/** About 111 m. */
const STEP = 0.001;

/**
 * A city of 20 x 20 junctions and four quarters, each a zone in a partition of its own: sw, se, nw, ne. Any edge takes 10 s. Cars
 * drive along their street first, then along the avenue.
 */
export class GridCity implements SimCity {
  readonly side = 20;
  readonly nodeLat: Float64Array;
  readonly nodeLon: Float64Array;

  constructor() {
    const nodes = Array.from({ length: this.side * this.side }, (_, node) => node);
    this.nodeLat = Float64Array.from(nodes, (node) => SOUTH + Math.floor(node / this.side) * STEP);
    this.nodeLon = Float64Array.from(nodes, (node) => WEST + (node % this.side) * STEP);
  }

  node(x: number, y: number): number {
    return y * this.side + x;
  }

  point(x: number, y: number): LatLon {
    const node = this.node(x, y);
    return { lat: Number(this.nodeLat[node]!.toFixed(6)), lon: Number(this.nodeLon[node]!.toFixed(6)) };
  }

  nearestNode({ lat, lon }: LatLon): number {
    const clamp = (value: number) => Math.min(this.side - 1, Math.max(0, Math.round(value)));
    return this.node(clamp((lon - WEST) / STEP), clamp((lat - SOUTH) / STEP));
  }

  route(from: number, to: number): Drive {
    const nodes = [from];
    let [x, y] = [from % this.side, Math.floor(from / this.side)];
    const [toX, toY] = [to % this.side, Math.floor(to / this.side)];
    while (x !== toX) nodes.push(this.node((x += Math.sign(toX - x)), y));
    while (y !== toY) nodes.push(this.node(x, (y += Math.sign(toY - y))));
    const edges = nodes.length - 1;
    return { nodes, secondsAt: nodes.map((_, index) => index * 10), durationS: edges * 10, distanceM: edges * 100 };
  }

  zones(): readonly string[] {
    return ['sw', 'se', 'nw', 'ne'];
  }

  zoneAt({ lat, lon }: LatLon): string {
    const half = (this.side / 2 - 0.5) * STEP;
    return `${lat > SOUTH + half ? 'n' : 's'}${lon > WEST + half ? 'e' : 'w'}`;
  }

  nearestZone(point: LatLon): string {
    return this.zoneAt(point);
  }

  zoneOfNode(node: number): string {
    return this.zoneAt({ lat: this.nodeLat[node]!, lon: this.nodeLon[node]! });
  }

  nodesIn(zone: string): readonly number[] {
    return Array.from(this.nodeLat.keys()).filter((node) => this.zoneOfNode(node) === zone);
  }

  neighbours(zone: string): readonly string[] {
    return this.zones().filter((other) => other !== zone);
  }

  partitionOf(zone: string): number {
    return this.zones().indexOf(zone);
  }

  demandWeight(): number {
    return 0.25;
  }

  hourOfWeekFactor(): number {
    return 1;
  }

  sampleTrip(random: SeededRandom): { readonly pickup: LatLon; readonly dropoff: LatLon } {
    return { pickup: this.anywhere(random), dropoff: this.anywhere(random) };
  }

  sampleTripFrom(zone: string, random: SeededRandom): { readonly pickup: LatLon; readonly dropoff: LatLon } {
    const node = random.pick(this.nodesIn(zone));
    const pickup = { lat: this.nodeLat[node]!, lon: this.nodeLon[node]! };
    return { pickup, dropoff: this.anywhere(random) };
  }

  private anywhere(random: SeededRandom): LatLon {
    return this.point(random.int(this.side), random.int(this.side));
  }
}
