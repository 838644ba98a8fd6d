export interface ZoneLoad {
  readonly id: string;
  /** Share of the demand that is expected here, in any unit, not negative. */
  readonly load: number;
  readonly neighbours: readonly string[];
}

/** Two partitions whose loads differ by less than this share of the mean load count as equally loaded. */
const LOAD_TOLERANCE = 0.05;

/**
 * Which partition each zone's events go to. An explicit table and not a hash: a dozen hot zones hashed into a dozen partitions
 * collide. Everyone who computes it from the same pack gets the same table.
 */
export class ZonePartitionTable {
  readonly #partitionByZone: ReadonlyMap<string, number>;
  readonly #zonesByPartition: readonly (readonly string[])[];
  readonly #zones: ReadonlyMap<string, ZoneLoad>;

  /**
   * @param partitionByZone a partition, 0 up to but not `partitionCount`, for each of the zones
   * @throws RangeError when a zone has none or one that does not exist
   */
  constructor(
    readonly partitionCount: number,
    zones: readonly ZoneLoad[],
    partitionByZone: ReadonlyMap<string, number>,
  ) {
    if (!Number.isInteger(partitionCount) || partitionCount < 1) throw new RangeError('at least one partition');
    const byPartition = Array.from({ length: partitionCount }, (): string[] => []);
    for (const { id } of zones) {
      const members = byPartition[partitionByZone.get(id) ?? -1];
      if (members === undefined) throw new RangeError(`zone ${id} has no partition below ${partitionCount}`);
      members.push(id);
    }
    this.#partitionByZone = partitionByZone;
    this.#zonesByPartition = byPartition;
    this.#zones = new Map(zones.map((zone) => [zone.id, zone]));
  }

  /** @throws RangeError for a zone that is not in the table. */
  partitionOf(zone: string): number {
    const partition = this.#zones.has(zone) ? this.#partitionByZone.get(zone) : undefined;
    if (partition === undefined) throw new RangeError(`zone ${zone} is not in the partition table`);
    return partition;
  }

  zonesOf(partition: number): readonly string[] {
    return this.#zonesByPartition[partition] ?? [];
  }

  /** Partitions, not among the given, that hold a neighbour of one of their zones; ascending. */
  neighbourPartitions(partitions: Iterable<number>): readonly number[] {
    const own = new Set(partitions);
    const around = new Set<number>();
    for (const partition of own) {
      for (const zone of this.zonesOf(partition)) {
        for (const neighbour of this.#zones.get(zone)?.neighbours ?? []) around.add(this.partitionOf(neighbour));
      }
    }
    return [...around].filter((partition) => !own.has(partition)).sort((a, b) => a - b);
  }

  /** Expected load of a partition: the sum over its zones. */
  loadOf(partition: number): number {
    return this.zonesOf(partition).reduce((sum, zone) => sum + (this.#zones.get(zone)?.load ?? 0), 0);
  }

  /** Load of the fullest partition over the mean: 1 is perfect balance. */
  imbalance(): number {
    const loads = this.#zonesByPartition.map((_, partition) => this.loadOf(partition));
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    return mean === 0 ? 1 : Math.max(...loads) / mean;
  }

  /** The table as text, a line per partition: number, share of the load, zones. */
  toString(): string {
    const total = this.#zonesByPartition.reduce((sum, _, partition) => sum + this.loadOf(partition), 0);
    const lines = this.#zonesByPartition.map((zones, partition) => {
      const share = total === 0 ? 0 : (100 * this.loadOf(partition)) / total;
      return `${String(partition).padStart(4)}  ${share.toFixed(1).padStart(5)} %  ${zones.join(' ')}`;
    });
    return [...lines, `fullest over mean: ${this.imbalance().toFixed(3)}`].join('\n');
  }

  /** `zone -> partition`, as a pack's partitions.json holds it. */
  toJSON(): { readonly partitions: number; readonly zones: Readonly<Record<string, number>> } {
    const zones = Object.fromEntries([...this.#zones.keys()].map((zone) => [zone, this.partitionOf(zone)]));
    return { partitions: this.partitionCount, zones };
  }
}

/**
 * Shares zones out so that partitions carry equal load: heaviest zone first, each to the least loaded partition (LPT; Graham
 * 1969: at most 4/3 of the best possible). Among partitions that are about equally loaded, the one that holds most of the zone's
 * neighbours wins, so that fewer borders lie between partitions; then the lowest number.
 */
export function balanceZones(zones: readonly ZoneLoad[], partitionCount: number): ZonePartitionTable {
  const total = zones.reduce((sum, { load }) => sum + load, 0);
  // Without any expectation all zones weigh the same.
  const loadOf = (zone: ZoneLoad): number => (total === 0 ? 1 : zone.load);
  const tolerance = (LOAD_TOLERANCE * (total === 0 ? zones.length : total)) / partitionCount;
  const loads = new Array<number>(partitionCount).fill(0);
  const partitionByZone = new Map<string, number>();
  const heaviestFirst = [...zones].sort((a, b) => loadOf(b) - loadOf(a) || (a.id < b.id ? -1 : 1));
  for (const zone of heaviestFirst) {
    const least = Math.min(...loads);
    const neighboursIn = new Array<number>(partitionCount).fill(0);
    for (const neighbour of zone.neighbours) {
      const partition = partitionByZone.get(neighbour);
      if (partition !== undefined) neighboursIn[partition]!++;
    }
    let best = -1;
    for (let partition = 0; partition < partitionCount; partition++) {
      if (loads[partition]! > least + tolerance) continue;
      if (best < 0 || neighboursIn[partition]! > neighboursIn[best]!) best = partition;
    }
    loads[best]! += loadOf(zone);
    partitionByZone.set(zone.id, best);
  }
  return new ZonePartitionTable(partitionCount, zones, partitionByZone);
}
