import type { CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { Router } from '@ridestream/ride-domain/roads/router';
import type { SimCity } from '../core/sim-city.js';

/** A city pack as the agents see it. Zones of junctions are looked up once. */
export function packCity({ demand, graph, partitions, zones }: CityPack): SimCity {
  const router = new Router(graph);
  const zoneIds = zones.all().map(({ id }) => id);
  const zoneByNode = Array.from({ length: graph.nodeCount }, (_, node) => zones.nearestZone(graph.position(node)));
  const nodesByZone = new Map<string, number[]>(zoneIds.map((zone) => [zone, []]));
  for (const [node, zone] of zoneByNode.entries()) nodesByZone.get(zone)!.push(node);
  return {
    nodeLat: graph.lats,
    nodeLon: graph.lons,
    nearestNode: (point) => graph.nearestNode(point),
    route: (from, to, cityMs) => {
      const route = router.route(from, to, cityMs);
      if (route === null) return null;
      const { durationS, distanceM, legs } = route;
      return { nodes: legs.nodes, secondsAt: legs.cumulativeS, durationS, distanceM };
    },
    zones: () => zoneIds,
    zoneAt: (point) => zones.zoneAt(point),
    nearestZone: (point) => zones.nearestZone(point),
    zoneOfNode: (node) => zoneByNode[node]!,
    nodesIn: (zone) => nodesByZone.get(zone) ?? [],
    neighbours: (zone) => zones.neighbours(zone),
    partitionOf: (zone) => partitions.partitionOf(zone),
    demandWeight: (zone, cityMs) => demand.weightOf(zone, cityMs),
    hourOfWeekFactor: (cityMs) => demand.hourOfWeekFactor(cityMs),
    sampleTrip: (random, cityMs) => demand.sampleRequest(random, cityMs),
    sampleTripFrom: (zone, random, cityMs) => demand.sampleRequestFrom(zone, random, cityMs),
  };
}
