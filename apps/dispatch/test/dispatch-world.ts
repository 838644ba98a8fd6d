/**
 * Dispatch and the phones around one partition's log, in memory, one small step at a time: decisions take time to reach the
 * log, the log takes time to be read, and dispatch may crash between any two steps. For property tests.
 */
import assert from 'node:assert/strict';
import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import { applyRideEvent, type Ride } from '@ridestream/ride-domain/rides/ride';
import { FINAL_RIDE_STATES } from '@ridestream/ride-domain/rides/ride-states';
import { createPolicy } from '../src/matching/policies.js';
import { decodeCheckpoint, encodeCheckpoint } from '../src/zone/checkpoint.js';
import { DispatchCore } from '../src/zone/dispatch-core.js';
import { DEFAULT_SETTINGS } from '../src/zone/dispatch-settings.js';
import { DriverTable } from '../src/zone/driver-table.js';
import type { ZoneDispatcher } from '../src/zone/zone-dispatcher.js';
import { cancelRequest, corner, driverStatus, gridGraph, gridPartitions, rideRequest, START_MS } from './grid-city.js';

const GRAPH = gridGraph(10);
const PARTITION = 0;

interface Phone {
  readonly driverId: string;
  seq: number;
  read: number;
  offer: RideEventOf<'ride.offered'> | null;
  accepted: boolean;
  ride: { readonly rideId: string; stage: 'en_route' | 'arrived' | 'started' } | null;
}

export class DispatchWorld {
  nowMs = START_MS;
  readonly log: RideEvent[] = [];
  private readonly requests: RideRequestsEvent[] = [];
  private committed = 0;
  private drivers = new DriverTable();
  private core!: DispatchCore;
  private zone!: ZoneDispatcher;
  /** Decisions on their way to the log, and the request offset that may be committed once they are there. */
  private inFlight: RideEvent[] = [];
  private commitAfterFlight = 0;
  private checkpoint: string | null = null;
  private offers = 0;
  private crashes = 0;
  private readonly phones: Phone[];

  constructor(driverCount: number) {
    this.phones = Array.from({ length: driverCount }, (_, i) => ({
      driverId: `d${i}`,
      seq: 0,
      read: 0,
      offer: null,
      accepted: false,
      ride: null,
    }));
    this.boot();
  }

  ask(column: number, row: number): void {
    this.requests.push(rideRequest(`r${this.requests.length}`, corner(column, row), this.nowMs));
  }

  askToCancel(index: number): void {
    const asked = this.requests.filter(({ type }) => type === 'ride.requested');
    const ride = asked[index % Math.max(1, asked.length)];
    if (ride) this.requests.push(cancelRequest(ride.rideId, this.nowMs));
  }

  /** Dispatch takes the next request; a cancel only with the log read to its end. */
  handleRequest(): void {
    const offset = Math.max(this.committed, this.commitAfterFlight);
    const event = this.requests[offset];
    if (event === undefined) return;
    if (event.type === 'ride.requested') {
      this.zone.request(event, this.nowMs);
    } else {
      this.deliver();
      this.read(Infinity);
      this.zone.cancel(event, this.nowMs);
    }
    this.commitAfterFlight = offset + 1;
    this.collect();
  }

  tick(ms: number): void {
    this.nowMs += ms;
    for (const phone of this.phones) this.report(phone);
    this.core.tick({ nowMs: this.nowMs, speed: 1 });
    this.collect();
  }

  /** Decisions reach the log and are acknowledged. */
  deliver(): void {
    this.log.push(...this.inFlight);
    this.inFlight = [];
    this.committed = Math.max(this.committed, this.commitAfterFlight);
  }

  /** Dispatch reads some of the log. */
  read(records: number): void {
    const { ledger } = this.zone;
    for (let left = records; left > 0 && Number(ledger.nextOffset) < this.log.length; left--) {
      const offset = Number(ledger.nextOffset);
      this.zone.read(this.log[offset]!, BigInt(offset), this.nowMs);
    }
    this.collect();
  }

  saveCheckpoint(): void {
    this.checkpoint = encodeCheckpoint(PARTITION, this.zone.ledger);
  }

  /** The process dies. Of what was on its way, the first `landed` decisions reach the log unacknowledged. */
  crash(landed: number): void {
    this.crashes++;
    this.log.push(...this.inFlight.slice(0, landed));
    this.inFlight = [];
    this.commitAfterFlight = 0;
    this.boot();
  }

  /** A write fails: of what was on its way, the first `landed` decisions reached the log all the same. */
  failWrite(landed: number): void {
    this.log.push(...this.inFlight.slice(0, landed));
    this.inFlight = [];
    this.commitAfterFlight = 0;
    this.zone.doubt();
    this.read(Infinity);
    this.zone.open(this.nowMs);
    this.collect();
  }

  /** One phone reads the log and does the next thing it has to do. */
  movePhone(index: number, choice: number): void {
    const phone = this.phones[index % this.phones.length]!;
    for (; phone.read < this.log.length; phone.read++) this.hear(phone, this.log[phone.read]!);
    if (phone.offer && !phone.accepted) this.answerOffer(phone, choice);
    else if (phone.ride) this.driveOn(phone, choice);
    this.report(phone);
  }

  /** No more crashes, and after some rounds only willing drivers: every ride must come to an end. */
  settle(): void {
    for (let round = 0; round < 400 && !this.isQuiet(); round++) {
      this.deliver();
      this.read(Infinity);
      this.handleRequest();
      this.deliver();
      const willing = round > 40;
      this.phones.forEach((_, i) => this.movePhone(i, willing ? 0 : round * 5 + i * 3));
      this.read(Infinity);
      this.tick(5_000);
    }
  }

  /** Judges the log alone, as an auditor would. */
  audit(): { readonly rides: ReadonlyMap<string, Ride>; readonly crashes: number } {
    const rides = new Map<string, Ride>();
    const queuedTimes = new Map<string, number>();
    const holder = new Map<string, string>();
    for (const [offset, event] of this.log.entries()) {
      const before = rides.get(event.rideId);
      const { ride, verdict, reason } = applyRideEvent(before, event);
      assert.notEqual(verdict, 'illegal', `offset ${offset}: ${event.type} ${event.rideId}: ${reason ?? ''}`);
      if (event.type === 'ride.queued') queuedTimes.set(event.rideId, (queuedTimes.get(event.rideId) ?? 0) + 1);
      if (ride === undefined) continue;
      rides.set(event.rideId, ride);
      const driver = ride.state === 'offered' ? ride.offer!.driverId : heldDriver(ride);
      for (const [driverId, rideId] of holder) if (rideId === ride.rideId) holder.delete(driverId);
      if (driver === null) continue;
      assert.equal(holder.get(driver), undefined, `offset ${offset}: ${driver} is held twice`);
      holder.set(driver, ride.rideId);
    }
    for (const [rideId, times] of queuedTimes) assert.equal(times, 1, `${rideId} was queued ${times} times`);
    return { rides, crashes: this.crashes };
  }

  requestedRides(): string[] {
    return this.requests.flatMap((event) => (event.type === 'ride.requested' ? [event.rideId] : []));
  }

  /** The live state of dispatch, and the same built from the log alone. */
  stateAndRebuilt(): { readonly live: unknown; readonly rebuilt: unknown } {
    this.deliver();
    this.read(Infinity);
    const live = describe(this.zone);
    this.boot();
    return { live, rebuilt: describe(this.zone) };
  }

  private boot(): void {
    this.drivers = new DriverTable();
    this.core = new DispatchCore({
      settings: { ...DEFAULT_SETTINGS, offerTimeoutWallMs: 0, staleDriverWallMs: 0 },
      policy: createPolicy('batched', GRAPH),
      drivers: this.drivers,
      graph: GRAPH,
      zonePartitions: gridPartitions(),
      newOfferId: () => `o${this.offers++}`,
    });
    this.zone = this.core.own(PARTITION);
    const saved = this.checkpoint === null ? undefined : decodeCheckpoint(PARTITION, Buffer.from(this.checkpoint));
    if (saved) this.zone.ledger.restore(saved.rideEventsNext, saved.live, saved.ended);
    this.read(Infinity);
    this.zone.open(this.nowMs);
    this.collect();
    for (const phone of this.phones) this.report(phone);
  }

  private collect(): void {
    this.inFlight.push(...this.zone.decisions());
  }

  private isQuiet(): boolean {
    const handled = this.committed >= this.requests.length && this.inFlight.length === 0;
    return handled && this.zone.ledger.size === 0;
  }

  private report(phone: Phone): void {
    const state = phone.ride ? 'en_route' : phone.offer ? 'offered' : 'idle';
    const home = corner(phone.driverId.charCodeAt(1) % 10, 5);
    this.drivers.apply(driverStatus(phone.driverId, ++phone.seq, home, this.nowMs, { state }));
  }

  private hear(phone: Phone, event: RideEvent): void {
    if (event.type === 'ride.offered' && event.driverId === phone.driverId) this.hearOffer(phone, event);
    const isMyOffer = phone.offer?.rideId === event.rideId;
    if (isMyOffer && event.type === 'ride.assigned' && event.offerId === phone.offer?.offerId) {
      phone.ride = { rideId: event.rideId, stage: 'en_route' };
      dropOffer(phone);
    } else if (isMyOffer && event.type === 'ride.offer_expired' && event.offerId === phone.offer?.offerId) {
      dropOffer(phone);
    } else if (event.type === 'ride.cancelled') {
      if (isMyOffer) dropOffer(phone);
      if (phone.ride?.rideId === event.rideId) phone.ride = null;
    }
  }

  private hearOffer(phone: Phone, offer: RideEventOf<'ride.offered'>): void {
    if (phone.offer || phone.ride) this.say(offer, { type: 'ride.offer_declined', reason: 'busy' });
    else if (this.nowMs > offer.expiresAt) this.say(offer, { type: 'ride.offer_declined', reason: 'stale' });
    else phone.offer = offer;
  }

  private answerOffer(phone: Phone, choice: number): void {
    const offer = phone.offer!;
    if (choice % 5 === 4) return; // The phone was left in the car.
    if (choice % 5 === 3) {
      this.say(offer, { type: 'ride.offer_declined', reason: 'declined' });
      dropOffer(phone);
      return;
    }
    phone.accepted = true;
    this.say(offer, { type: 'ride.offer_accepted' });
  }

  private driveOn(phone: Phone, choice: number): void {
    const ride = phone.ride!;
    const { rideId } = ride;
    const driven = { v: 1, at: this.nowMs, rideId, riderId: `rider-of-${rideId}`, zone: 'west' } as const;
    const { driverId } = phone;
    if (ride.stage === 'started') {
      // A trip lasts longer than a write: what was decided before it began has landed.
      if (this.inFlight.length > 0) return;
      this.log.push({ type: 'ride.completed', ...driven, driverId, fareCents: 1200, distanceM: 1500, durationS: 180 });
      phone.ride = null;
    } else if (choice % 7 === 6) {
      this.log.push({ type: 'ride.driver_cancelled', ...driven, driverId, reason: 'other' });
      phone.ride = null;
    } else if (ride.stage === 'en_route') {
      this.log.push({ type: 'ride.driver_arrived', ...driven, driverId });
      ride.stage = 'arrived';
    } else {
      this.log.push({ type: 'ride.started', ...driven, driverId });
      ride.stage = 'started';
    }
  }

  private say(
    offer: RideEventOf<'ride.offered'>,
    answer:
      | { readonly type: 'ride.offer_accepted' }
      | { readonly type: 'ride.offer_declined'; readonly reason: 'declined' | 'busy' | 'stale' },
  ): void {
    const { rideId, riderId, zone, driverId, offerId } = offer;
    this.log.push({ v: 1, at: this.nowMs, rideId, riderId, zone, driverId, offerId, ...answer });
  }
}

const heldDriver = (ride: Ride): string | null =>
  FINAL_RIDE_STATES.has(ride.state) || ride.state === 'queued' ? null : ride.driverId;

function dropOffer(phone: Phone): void {
  phone.offer = null;
  phone.accepted = false;
}

function describe(zone: ZoneDispatcher): unknown {
  const rides = zone.ledger.confirmed().sort((a, b) => (a.ride.rideId < b.ride.rideId ? -1 : 1));
  const views = rides.map(({ ride }) => zone.ledger.view(ride.rideId));
  return { nextOffset: zone.ledger.nextOffset, rides, views, ended: zone.ledger.endedLately(1000) };
}
