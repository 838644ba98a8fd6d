import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import type { DriverPhone, Offer } from './driver-phone.ts';

/**
 * A driver who takes every offer and serves every ride at once, one after the other, as phones do: one open offer, one ride,
 * all other offers refused as `busy`. What the phone says goes out in order; it waits for the log, however long that is away.
 */
export class WillingDriver {
  readonly served: string[] = [];
  private hand: Offer | null = null;
  private fareCents = 0;
  private saying: Promise<void> = Promise.resolve();

  constructor(readonly phone: DriverPhone) {}

  /** Resolves when everything that was said so far is in the log. */
  settled(): Promise<void> {
    return this.saying;
  }

  hear(event: RideEvent): void {
    switch (event.type) {
      case 'ride.offered':
        if (event.driverId === this.phone.driverId) this.offered(event);
        break;
      case 'ride.assigned':
        if (event.offerId === this.hand?.offerId) this.serve(event);
        break;
      case 'ride.offer_expired':
        if (event.offerId === this.hand?.offerId) this.letGo();
        break;
      case 'ride.cancelled':
        if (event.rideId === this.hand?.rideId) this.letGo();
        break;
      default:
        break;
    }
  }

  private offered(offer: Offer): void {
    if (this.hand?.offerId === offer.offerId) return;
    if (this.hand !== null) {
      this.say(() => this.phone.decline(offer, 'busy'));
      return;
    }
    this.hand = offer;
    this.fareCents = offer.fareCents;
    this.say(() => this.phone.accept(offer));
  }

  private serve(ride: RideEventOf<'ride.assigned'>): void {
    const { rideId } = ride;
    if (this.served.includes(rideId)) return;
    this.served.push(rideId);
    this.say(async () => {
      await this.phone.setOut(ride);
      await this.phone.arrive(ride);
      await this.phone.start(ride);
      this.hand = null;
      await this.phone.complete(ride, this.fareCents);
    });
  }

  private letGo(): void {
    this.hand = null;
    this.say(() => this.phone.comeOnline());
  }

  private say(what: () => Promise<void>): void {
    this.saying = this.saying.then(what);
  }
}
