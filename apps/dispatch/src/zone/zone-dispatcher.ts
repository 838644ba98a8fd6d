import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import type { RideCancelRequested, RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import { cancellationFeeCents } from '@ridestream/ride-domain/pricing/fares';
import type { Ride } from '@ridestream/ride-domain/rides/ride';
import { atLeastWall, type CityMoment, type DispatchSettings } from './dispatch-settings.js';
import type { DriverHolds } from './driver-holds.js';
import { type ReadVerdict, RideLedger } from './ride-ledger.js';
import { driverHeldBy, hasDriver, type RideRecord, unansweredOf } from './ride-record.js';

/** Why a driver is asked: what the offer shows to operators. */
export type OfferWhy = RideEventOf<'ride.offered'>['why'];

export interface DriverChoice {
  readonly driverId: string;
  readonly pickupEtaS: number;
  readonly why: OfferWhy;
}

export type RequestOutcome = 'queued' | 'known';
export type CancelOutcome = 'cancelled' | 'too_late' | 'unknown_ride' | 'not_the_rider';

/**
 * Decides for the rides of one partition, and for nobody else's. No clock, no I/O: events and the time come in, decisions
 * (RideEvents, in the order in which they must be written) come out through `decisions`.
 *
 * Whatever dispatch owes a ride follows from the ride's state, not from the moment an event came in: an accepted offer is
 * confirmed, a ride given back is queued again. So a restart between the phone's word and the answer owes and gives the same.
 */
export class ZoneDispatcher {
  readonly ledger: RideLedger;
  private readonly queued = new Set<string>();
  private readonly offered = new Set<string>();
  private readonly driving = new Set<string>();
  private readonly unanswered = new Set<string>();
  private outbox: RideEvent[] = [];
  private deciding = false;

  constructor(
    readonly partition: number,
    private readonly settings: DispatchSettings,
    private readonly holds: DriverHolds,
    private readonly newOfferId: () => string,
  ) {
    this.ledger = new RideLedger(settings.endedRidesMax, (rideId, before, after) => this.index(rideId, before, after));
  }

  /** False while the state is being loaded or is in doubt: it reads, and decides nothing. */
  get isOpen(): boolean {
    return this.deciding;
  }

  /** The state is complete up to the end of the log: gives every ride what is owed to it, and decides from here on. */
  open(nowMs: number): void {
    this.deciding = true;
    for (const rideId of [...this.unanswered]) this.answer(rideId, nowMs);
  }

  /**
   * A write failed, so what was decided may or may not be in the log. Forgets it and decides nothing until the log was
   * read to its end and {@link open} is called. Drivers of rides that live in the log stay held.
   */
  doubt(): void {
    this.deciding = false;
    this.outbox = [];
    this.ledger.abandonPending();
  }

  /** Decisions taken since the last call, to be written to RideEvents in this order. */
  decisions(): RideEvent[] {
    const taken = this.outbox;
    this.outbox = [];
    return taken;
  }

  /** A rider asks for a ride. A ride that is known already is not queued again. */
  request(event: RideRequested, nowMs: number): RequestOutcome {
    this.assertOpen();
    if (this.ledger.knows(event.rideId)) return 'known';
    const { rideId, riderId, zone, pickup, dropoff, dropoffZone, vehicleClass, quote } = event;
    const ride = { rideId, riderId, zone, pickup, dropoff, dropoffZone, vehicleClass, quote };
    this.decide({ type: 'ride.queued', v: 1, at: nowMs, requestedAt: event.at, ...ride });
    return 'queued';
  }

  /** A rider asks to cancel. Call it only when RideEvents was read up to where it stood when the request came in. */
  cancel(event: RideCancelRequested, nowMs: number): CancelOutcome {
    this.assertOpen();
    const record = this.ledger.view(event.rideId);
    if (record === undefined) return this.ledger.knows(event.rideId) ? 'too_late' : 'unknown_ride';
    const { ride } = record;
    if (ride.riderId !== event.riderId) return 'not_the_rider';
    if (ride.state === 'in_progress') return 'too_late';
    const isMatched = ride.state === 'en_route' || ride.state === 'arrived';
    const done = this.decide({
      type: 'ride.cancelled',
      v: 1,
      at: nowMs,
      ...rideOf(ride),
      by: 'rider',
      reason: event.reason,
      driverId: driverHeldBy(ride),
      feeCents: isMatched ? cancellationFeeCents(ride.quote.fareCents) : 0,
    });
    return done ? 'cancelled' : 'too_late';
  }

  /** A record of this partition of RideEvents, whoever wrote it. */
  read(event: RideEvent, offset: bigint, nowMs: number): ReadVerdict {
    const verdict = this.ledger.read(event, offset);
    this.answer(event.rideId, nowMs);
    return verdict;
  }

  /** Ends offers that ran out. */
  expireOffers({ nowMs, speed }: CityMoment): void {
    const graceMs = this.settings.expiryGraceWallMs * speed;
    for (const rideId of [...this.offered]) {
      const ride = this.ledger.view(rideId)?.ride;
      if (!ride?.offer || elapsedMs(ride.offer.expiresAt, nowMs) < graceMs) continue;
      const { offerId, driverId } = ride.offer;
      this.decide({ type: 'ride.offer_expired', v: 1, at: nowMs, ...rideOf(ride), offerId, driverId });
    }
  }

  /** Ends rides that waited too long. Call it after matching: a ride that dispatch was not there for is tried once at least. */
  giveUp(nowMs: number): void {
    for (const rideId of [...this.queued]) {
      const record = this.ledger.view(rideId);
      if (!record || elapsedMs(record.waitingSince, nowMs) < this.settings.maxWaitMs) continue;
      const { ride } = record;
      const waitedS = Math.max(0, (nowMs - ride.requestedAt) / 1000);
      this.decide({ type: 'ride.no_driver_found', v: 1, at: nowMs, ...rideOf(ride), waitedS });
    }
  }

  /** Rides that a driver has. */
  driven(): Ride[] {
    return [...this.driving].flatMap((rideId) => this.ledger.view(rideId)?.ride ?? []);
  }

  /** Ends a ride that nobody else will end. False when it has ended. */
  cancelByPlatform(rideId: string, reason: string, nowMs: number): boolean {
    const ride = this.ledger.view(rideId)?.ride;
    if (ride === undefined) return false;
    const driverId = driverHeldBy(ride);
    const end = { by: 'platform', reason, driverId, feeCents: 0 } as const;
    return this.decide({ type: 'ride.cancelled', v: 1, at: nowMs, ...rideOf(ride), ...end });
  }

  /** Rides that wait for a driver. */
  waiting(): RideRecord[] {
    return [...this.queued].flatMap((rideId) => this.ledger.view(rideId) ?? []);
  }

  /** Asks a driver. False when the ride does not wait any more, or the driver is held by a ride. */
  offer(rideId: string, choice: DriverChoice, { nowMs, speed }: CityMoment): boolean {
    const ride = this.ledger.view(rideId)?.ride;
    if (ride?.state !== 'queued' || this.holds.isHeld(choice.driverId)) return false;
    const { offerTimeoutMs, offerTimeoutWallMs } = this.settings;
    return this.decide({
      type: 'ride.offered',
      v: 1,
      at: nowMs,
      ...rideOf(ride),
      offerId: this.newOfferId(),
      driverId: choice.driverId,
      attempt: ride.attempts + 1,
      expiresAt: Math.round(nowMs + atLeastWall(offerTimeoutMs, offerTimeoutWallMs, speed)),
      pickup: ride.pickup,
      dropoff: ride.dropoff,
      fareCents: ride.quote.fareCents,
      pickupEtaS: choice.pickupEtaS,
      why: choice.why,
    });
  }

  /** Forgets everything and lets all drivers go: the partition belongs to another instance, or is loaded anew. */
  clear(): void {
    this.deciding = false;
    this.outbox = [];
    this.ledger.clear();
  }

  /** A request that came now would be lost: its offset is committed once it was handled. */
  private assertOpen(): void {
    if (!this.deciding) throw new Error(`partition ${this.partition} decides nothing now`);
  }

  private answer(rideId: string, nowMs: number): void {
    const ride = this.ledger.view(rideId)?.ride;
    const unanswered = ride && unansweredOf(ride);
    if (unanswered === 'accepted' && ride?.offer) {
      const { offerId, driverId, pickupEtaS } = ride.offer;
      const { pickup, dropoff } = ride;
      const assignment = { ...rideOf(ride), offerId, driverId, pickup, dropoff, pickupEtaS };
      this.decide({ type: 'ride.assigned', v: 1, at: nowMs, ...assignment });
    } else if (unanswered === 'given_back' && ride && ride.driverId !== null) {
      this.decide({ type: 'ride.requeued', v: 1, at: nowMs, ...rideOf(ride), driverId: ride.driverId });
    }
  }

  private decide(event: RideEvent): boolean {
    if (!this.deciding || !this.ledger.decide(event)) return false;
    this.outbox.push(event);
    return true;
  }

  private index(rideId: string, before: RideRecord | undefined, after: RideRecord | undefined): void {
    place(this.queued, rideId, after?.ride.state === 'queued');
    place(this.offered, rideId, after?.ride.state === 'offered');
    place(this.driving, rideId, after !== undefined && hasDriver(after.ride));
    place(this.unanswered, rideId, after !== undefined && unansweredOf(after.ride) !== null);
    const heldBefore = before ? driverHeldBy(before.ride) : null;
    const heldAfter = after ? driverHeldBy(after.ride) : null;
    if (heldBefore === heldAfter) return;
    if (heldBefore !== null) this.holds.release(heldBefore, rideId);
    if (heldAfter !== null) this.holds.hold(heldAfter, rideId);
  }
}

const DAY_MS = 86_400_000;

/**
 * City time since a moment. One more than a day ahead was set by another clock (the wall's, before the city's own time was
 * known): it counts as long past, or what hangs on it would never end.
 */
const elapsedMs = (sinceMs: number, nowMs: number): number => (sinceMs - nowMs > DAY_MS ? Infinity : nowMs - sinceMs);

const rideOf = ({ rideId, riderId, zone }: Ride): { rideId: string; riderId: string; zone: string } => ({
  rideId,
  riderId,
  zone,
});

function place(set: Set<string>, rideId: string, belongs: boolean): void {
  if (belongs) set.add(rideId);
  else set.delete(rideId);
}
