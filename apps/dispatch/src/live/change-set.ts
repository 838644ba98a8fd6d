/** What changed since a browser was last told: ids only, so that merging is cheap and only the newest values are sent. */
export class ChangeSet {
  readonly vehicles = new Set<string>();
  readonly rides = new Set<string>();
  readonly zones = new Set<string>();
  metrics = false;

  get isEmpty(): boolean {
    return !this.metrics && this.vehicles.size + this.rides.size + this.zones.size === 0;
  }

  merge(other: ChangeSet): void {
    for (const id of other.vehicles) this.vehicles.add(id);
    for (const id of other.rides) this.rides.add(id);
    for (const id of other.zones) this.zones.add(id);
    this.metrics ||= other.metrics;
  }

  clear(): void {
    this.vehicles.clear();
    this.rides.clear();
    this.zones.clear();
    this.metrics = false;
  }
}
