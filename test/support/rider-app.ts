import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { RideView } from '../../apps/dispatch/src/live/protocol.js';

/** The rider's app: it speaks with dispatch's HTTP API. */
export class RiderApp {
  constructor(
    private readonly dispatchUrl: string,
    readonly riderId: string,
  ) {}

  /** Asks for a ride and gives its id. */
  async ask(pickup: LatLon, dropoff: LatLon): Promise<string> {
    const response = await fetch(`${this.dispatchUrl}/api/rides`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ riderId: this.riderId, pickup, dropoff }),
    });
    if (response.status !== 202) throw new Error(`the request got ${response.status}: ${await response.text()}`);
    return ((await response.json()) as RideView).rideId;
  }

  async cancel(rideId: string): Promise<number> {
    return (await fetch(`${this.dispatchUrl}/api/rides/${rideId}`, { method: 'DELETE' })).status;
  }

  async ride(rideId: string): Promise<RideView> {
    const response = await fetch(`${this.dispatchUrl}/api/rides/${rideId}`);
    if (!response.ok) throw new Error(`ride ${rideId}: ${response.status} ${await response.text()}`);
    return (await response.json()) as RideView;
  }
}
