/**
 * Which ride holds which driver, over all partitions of this instance: asked for it, or serving it. One driver may be held
 * more than once only when the log says so (two instances asked at the same time; the phone refuses one of them).
 */
export class DriverHolds {
  private readonly ridesOf = new Map<string, Set<string>>();

  isHeld(driverId: string): boolean {
    return this.ridesOf.has(driverId);
  }

  hold(driverId: string, rideId: string): void {
    const rides = this.ridesOf.get(driverId);
    if (rides) rides.add(rideId);
    else this.ridesOf.set(driverId, new Set([rideId]));
  }

  release(driverId: string, rideId: string): void {
    const rides = this.ridesOf.get(driverId);
    if (rides === undefined) return;
    rides.delete(rideId);
    if (rides.size === 0) this.ridesOf.delete(driverId);
  }

  get size(): number {
    return this.ridesOf.size;
  }
}
