import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import { round6 } from './motion.js';
import type { Riders } from './riders.js';
import type { World } from './world.js';

const HOUR_MS = 3_600_000;
/** The hour-of-week factor is taken as constant for this long. */
const PIECE_MS = 300_000;

/** When and where riders open the app: a Poisson process whose rate follows the city's hours of the week. */
export class Demand {
  constructor(
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly riders: Riders,
    /** Mean over the week. */
    private readonly requestsPerHour: number,
  ) {}

  start(): void {
    this.planNext();
  }

  /** So many requests more from a zone, spread evenly at random over the time. */
  burst(zone: string, requests: number, durationMs: number): void {
    const { city } = this.world;
    for (let count = 0; count < requests; count++) {
      this.world.after(this.random.next() * durationMs, () =>
        this.ask(city.sampleTripFrom(zone, this.random, this.world.now)),
      );
    }
  }

  /**
   * Exact for a rate that is constant by pieces: where no request falls into what is left of the piece, the draw begins
   * anew with the next one, since the process has no memory.
   */
  private planNext(): void {
    const { city, now } = this.world;
    const perHour = this.requestsPerHour * city.hourOfWeekFactor(now);
    const waitMs = perHour > 0 ? this.random.exponential(HOUR_MS / perHour) : Infinity;
    const pieceEndsAt = (Math.floor(now / PIECE_MS) + 1) * PIECE_MS;
    if (now + waitMs >= pieceEndsAt) {
      this.world.at(pieceEndsAt, () => this.planNext());
      return;
    }
    this.world.after(waitMs, () => {
      this.ask(city.sampleTrip(this.random, this.world.now));
      this.planNext();
    });
  }

  private ask({ pickup, dropoff }: { pickup: LatLon; dropoff: LatLon }): void {
    this.riders.ask({ pickup: rounded(pickup), dropoff: rounded(dropoff) });
  }
}

const rounded = ({ lat, lon }: LatLon): LatLon => ({ lat: round6(lat), lon: round6(lon) });
