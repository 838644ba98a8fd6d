import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import type { Driver, OpenOffer, RideTask } from './driver.js';
import type { DriverReports } from './driver-reports.js';
import { DRIVER_HABITS } from './habits.js';
import type { Trips } from './trips.js';
import type { World } from './world.js';

const { acceptHalfEtaS, acceptMax, acceptSlopeS, confirmationPatienceMs, thinkMs } = DRIVER_HABITS;

export const acceptProbability = (pickupEtaS: number): number =>
  acceptMax / (1 + Math.exp((pickupEtaS - acceptHalfEtaS) / acceptSlopeS));

/** What is said of a ride that a driver has. */
const DRIVEN_BY_ONE: ReadonlySet<RideEvent['type']> = new Set([
  'ride.assigned',
  'ride.driver_arrived',
  'ride.started',
  'ride.completed',
]);

type DeclineReason = RideEventOf<'ride.offer_declined'>['reason'];

/**
 * The phone's side of dispatch's offers. It holds one open offer or one ride and refuses every other offer at once. After
 * accepting it waits for `ride.assigned`, or for news that the offer is over. Messages that come twice change nothing.
 */
export class Offers {
  /** Who holds an offer of a ride. */
  private readonly holders = new Map<string, Driver>();

  constructor(
    private readonly world: World,
    private readonly reports: DriverReports,
    private readonly trips: Trips,
    /** The driver's hands are free again. */
    private readonly onFree: (driver: Driver) => void,
  ) {}

  offered(driver: Driver, event: RideEventOf<'ride.offered'>): void {
    const { offerId, expiresAt } = event;
    if (driver.offer?.offerId === offerId || driver.answeredOffers.has(offerId)) return;
    const refusal = this.refusalOf(driver, expiresAt);
    if (refusal !== null) {
      this.decline(driver, event, offerId, refusal);
      return;
    }
    const { rideId, riderId, zone, pickup, dropoff, fareCents, pickupEtaS } = event;
    const offer = {
      offerId,
      rideId,
      riderId,
      zone,
      pickup,
      dropoff,
      fareCents,
      pickupEtaS,
      expiresAt,
      accepted: false,
    };
    driver.motion.advance(this.world.now);
    driver.motion.stop(this.world.now);
    this.hold(driver, offer);
    this.reports.setState(driver, 'offered');
  }

  /** Takes the offer to heart; a phone that was switched on again comes in here, too. */
  hold(driver: Driver, offer: OpenOffer): void {
    driver.offer = offer;
    driver.state = 'offered';
    this.holders.set(offer.rideId, driver);
    if (offer.accepted) {
      this.awaitConfirmation(driver, offer);
      return;
    }
    this.world.after(driver.random.between(...thinkMs), () => {
      if (driver.offer === offer && !offer.accepted) this.decide(driver, offer);
    });
  }

  assigned(driver: Driver, event: RideEventOf<'ride.assigned'>): void {
    const { rideId } = event;
    const { offer } = driver;
    if (offer?.rideId === rideId) {
      this.letGo(driver, offer);
      this.trips.begin(driver, offer);
      return;
    }
    if (driver.ride?.rideId === rideId || driver.endedRides.has(rideId)) return;
    // The phone did not expect it: it takes the ride if it can, otherwise gives it back at once.
    if (driver.state === 'idle') this.trips.begin(driver, { ...event, fareCents: null });
    else this.giveBack(driver, event);
  }

  /**
   * Any news of the ride that shows the offer to be over frees the driver. `ride.queued` is older than the offer, and an
   * answer or a ride given back by another phone decides nothing.
   */
  overhear(event: RideEvent): void {
    const driver = this.holders.get(event.rideId);
    const offer = driver?.offer;
    if (driver === undefined || !offer) return;
    const over =
      event.type === 'ride.cancelled' ||
      event.type === 'ride.no_driver_found' ||
      event.type === 'ride.requeued' ||
      (event.type === 'ride.offer_expired' && event.offerId === offer.offerId) ||
      (event.type === 'ride.offered' && event.offerId !== offer.offerId) ||
      // Another has the ride: told by its assignment, or by how it goes on where this phone missed that.
      (DRIVEN_BY_ONE.has(event.type) && 'driverId' in event && event.driverId !== driver.id);
    if (!over) return;
    this.letGo(driver, offer);
    this.onFree(driver);
  }

  private refusalOf(driver: Driver, expiresAt: number): DeclineReason | null {
    if (driver.state === 'offline') return 'offline';
    if (driver.offer !== null || driver.ride !== null) return 'busy';
    return this.world.now >= expiresAt ? 'stale' : null;
  }

  private decide(driver: Driver, offer: OpenOffer): void {
    const stale = this.world.now >= offer.expiresAt;
    if (!stale && driver.random.chance(acceptProbability(offer.pickupEtaS))) {
      offer.accepted = true;
      driver.answeredOffers.add(offer.offerId);
      this.sayAnswer(offer, { type: 'ride.offer_accepted', ...this.envelope(driver, offer), offerId: offer.offerId });
      this.awaitConfirmation(driver, offer);
      return;
    }
    this.letGo(driver, offer);
    this.decline(driver, offer, offer.offerId, stale ? 'stale' : 'declined');
    this.onFree(driver);
  }

  /**
   * An offer whose end was never told must not hold the driver for ever. Letting go is safe: an assignment that comes after
   * all is taken by a phone whose hands are free and given back by one that is busy.
   */
  private awaitConfirmation(driver: Driver, offer: OpenOffer): void {
    this.world.after(confirmationPatienceMs, () => {
      if (driver.offer !== offer) return;
      this.letGo(driver, offer);
      this.onFree(driver);
    });
  }

  private letGo(driver: Driver, offer: OpenOffer): void {
    driver.offer = null;
    driver.answeredOffers.add(offer.offerId);
    this.holders.delete(offer.rideId);
  }

  private decline(driver: Driver, task: Named, offerId: string, reason: DeclineReason): void {
    driver.answeredOffers.add(offerId);
    this.sayAnswer(task, { type: 'ride.offer_declined', ...this.envelope(driver, task), offerId, reason });
  }

  private giveBack(driver: Driver, task: Named): void {
    driver.endedRides.add(task.rideId);
    this.sayAnswer(task, { type: 'ride.driver_cancelled', ...this.envelope(driver, task), reason: 'other' });
  }

  private sayAnswer(task: Named, event: RideEvent): void {
    this.world.say({ topic: 'RideEvents', partition: this.world.city.partitionOf(task.zone), event });
  }

  private envelope(driver: Driver, { rideId, riderId, zone }: Named) {
    return { v: 1 as const, at: this.world.now, rideId, riderId, zone, driverId: driver.id };
  }
}

type Named = Pick<RideTask, 'rideId' | 'riderId' | 'zone'>;
