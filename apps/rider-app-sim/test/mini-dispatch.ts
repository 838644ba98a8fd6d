import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequested, RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import type { PhoneEvent } from '../src/core/world.js';

interface MiniRide {
  readonly request: RideRequested;
  state: 'queued' | 'offered' | 'driven' | 'riding';
  offer: { readonly offerId: string; readonly driverId: string; readonly expiresAt: number } | null;
  driverId: string | null;
  attempts: number;
  readonly blocked: Set<string>;
}

const OFFER_MS = 20_000;
const GIVE_UP_MS = 600_000;

/** As much of a dispatcher as the phones need for company: the nearest idle driver is asked, then the next. */
export class MiniDispatch {
  readonly rides = new Map<string, MiniRide>();
  /** Counted up for each end of a ride. */
  readonly ended = new Map<string, string>();
  private readonly drivers = new Map<string, { seq: number; state: string; position: LatLon }>();
  private offers = 0;

  /** What the phones said; answers what dispatch says to that. */
  hear(said: PhoneEvent): RideEvent[] {
    if (said.topic === 'DriverStatus') this.hearStatus(said.event);
    if (said.topic === 'RideRequests') return this.hearRequest(said.event);
    return said.topic === 'RideEvents' ? this.hearProgress(said.event) : [];
  }

  /** Offers what waits to whom is free, and ends what waited too long. */
  tick(now: number): RideEvent[] {
    const out: RideEvent[] = [];
    for (const ride of this.rides.values()) {
      const { request } = ride;
      if (ride.offer !== null && now >= ride.offer.expiresAt) {
        const { driverId, offerId } = ride.offer;
        out.push({ type: 'ride.offer_expired', ...envelope(request, now), driverId, offerId });
        this.requeue(ride, driverId);
      }
      if (ride.state !== 'queued') continue;
      if (now - request.at > GIVE_UP_MS) {
        const waitedS = secondsSince(request.at, now);
        out.push({ type: 'ride.no_driver_found', ...envelope(request, now), waitedS });
        this.end(request.rideId, 'no_driver_found');
        continue;
      }
      out.push(...this.offer(ride, now));
    }
    return out;
  }

  private offer(ride: MiniRide, now: number): RideEvent[] {
    const { pickup, dropoff, quote } = ride.request;
    let nearest: string | null = null;
    let best = Infinity;
    for (const [driverId, { state, position }] of this.drivers) {
      const distance = Math.abs(position.lat - pickup.lat) + Math.abs(position.lon - pickup.lon);
      if (state !== 'idle' || ride.blocked.has(driverId) || distance >= best) continue;
      nearest = driverId;
      best = distance;
    }
    if (nearest === null) return [];
    this.drivers.get(nearest)!.state = 'offered';
    const offerId = `offer-${++this.offers}`;
    ride.offer = { offerId, driverId: nearest, expiresAt: now + OFFER_MS };
    ride.state = 'offered';
    ride.attempts++;
    const why = { policy: 'mini', candidates: 1, rankByEta: 1, waitedS: secondsSince(ride.request.at, now) };
    const named = { ...envelope(ride.request, now), driverId: nearest, offerId };
    const terms = { pickup, dropoff, fareCents: quote.fareCents, pickupEtaS: (best / 0.001) * 10 };
    return [{ type: 'ride.offered', ...named, ...terms, attempt: ride.attempts, expiresAt: now + OFFER_MS, why }];
  }

  private hearStatus(event: DriverStatusEvent): void {
    const known = this.drivers.get(event.driverId);
    if (known !== undefined && known.seq >= event.seq) return;
    const state = event.type === 'driver.status' ? event.state : (known?.state ?? 'offline');
    this.drivers.set(event.driverId, { seq: event.seq, state, position: event.position });
  }

  private hearRequest(event: RideRequestsEvent): RideEvent[] {
    if (event.type === 'ride.requested') {
      if (this.rides.has(event.rideId) || this.ended.has(event.rideId)) throw new Error(`${event.rideId} asked twice`);
      const ride: MiniRide = {
        request: event,
        state: 'queued',
        offer: null,
        driverId: null,
        attempts: 0,
        blocked: new Set(),
      };
      this.rides.set(event.rideId, ride);
      const { pickup, dropoff, dropoffZone, vehicleClass, quote } = event;
      const request = { pickup, dropoff, dropoffZone, vehicleClass, quote, requestedAt: event.at };
      return [{ type: 'ride.queued', ...envelope(event, event.at), ...request }];
    }
    const ride = this.rides.get(event.rideId);
    if (ride === undefined || ride.state === 'riding') return [];
    this.end(event.rideId, 'cancelled');
    const driverId = ride.driverId ?? ride.offer?.driverId ?? null;
    const { at, reason } = event;
    return [{ type: 'ride.cancelled', ...envelope(ride.request, at), by: 'rider', reason, driverId, feeCents: 0 }];
  }

  private hearProgress(event: RideEvent): RideEvent[] {
    const ride = this.rides.get(event.rideId);
    if (ride === undefined || !('driverId' in event)) return [];
    const { request } = ride;
    switch (event.type) {
      case 'ride.offer_accepted': {
        if (ride.offer?.offerId !== event.offerId) return [];
        const { offerId, driverId } = ride.offer;
        Object.assign(ride, { state: 'driven', offer: null, driverId });
        const { pickup, dropoff } = request;
        const named = { ...envelope(request, event.at), driverId, offerId };
        return [{ type: 'ride.assigned', ...named, pickup, dropoff, pickupEtaS: 100 }];
      }
      case 'ride.offer_declined':
        if (ride.offer?.offerId === event.offerId) this.requeue(ride, event.driverId);
        return [];
      case 'ride.driver_cancelled':
        this.requeue(ride, event.driverId);
        return [{ type: 'ride.requeued', ...envelope(request, event.at), driverId: event.driverId }];
      case 'ride.started':
        ride.state = 'riding';
        return [];
      case 'ride.completed':
        this.end(event.rideId, 'completed');
        return [];
      default:
        return [];
    }
  }

  private requeue(ride: MiniRide, driverId: string): void {
    Object.assign(ride, { state: 'queued', offer: null, driverId: null });
    ride.blocked.add(driverId);
  }

  private end(rideId: string, how: string): void {
    this.rides.delete(rideId);
    this.ended.set(rideId, how);
  }
}

const envelope = ({ rideId, riderId, zone }: RideRequested, at: number) => ({
  v: 1 as const,
  at,
  rideId,
  riderId,
  zone,
});

/** City clocks of two processes differ by a moment: a request may seem to come from the future. */
const secondsSince = (at: number, now: number): number => Math.max(0, now - at) / 1000;
