import { z } from 'zod';
import { ZonePartitionTable, type ZoneLoad } from '../zones/zone-partitions.js';
import { CityPackError } from './city-pack-error.js';
import { parsePackJson } from './pack-json.js';

const FILE = 'partitions.json';

const schema = z.object({
  partitions: z.number().int().min(1).max(10_000),
  zones: z.record(z.string(), z.number().int().min(0)),
});

/**
 * The pack's own zone table: `{"partitions": 12, "zones": {"<zone id>": 0, …}}`. Null, with a warning, when it is for another
 * number of partitions.
 *
 * @throws CityPackError naming the zone that is missing, unknown, or in a partition that does not exist.
 */
export function readPartitionTable(
  text: string,
  partitionCount: number,
  zones: readonly ZoneLoad[],
  warnings: string[],
): ZonePartitionTable | null {
  const table = parsePackJson(FILE, text, schema);
  const known = new Set(zones.map(({ id }) => id));
  for (const [zone, partition] of Object.entries(table.zones)) {
    const place = { file: FILE, field: `zones.${zone}` };
    if (!known.has(zone)) throw new CityPackError(place, 'no such zone in zones.geojson');
    if (partition >= table.partitions) {
      throw new CityPackError(place, `partition ${partition} of ${table.partitions}: partitions count from 0`);
    }
  }
  for (const { id } of zones) {
    if (!Object.hasOwn(table.zones, id))
      throw new CityPackError({ file: FILE, field: `zones.${id}` }, 'has no partition');
  }
  if (table.partitions !== partitionCount) {
    warnings.push(
      `${FILE}: is for ${table.partitions} partitions and not ${partitionCount}; zones are shared out anew`,
    );
    return null;
  }
  return new ZonePartitionTable(partitionCount, zones, new Map(Object.entries(table.zones)));
}
