import { ChangeSet } from './change-set.js';
import type { CityDelta, CityState } from './city-state.js';
import type { LiveClock, LiveDelta, LiveSnapshot } from './protocol.js';

/** How a browser is reached. */
export interface LiveViewer {
  sendSnapshot(snapshot: LiveSnapshot): void;
  /** `done` is called when the browser has taken it in. */
  sendDelta(delta: LiveDelta, done: () => void): void;
}

/** What a browser is sent on average, at most: the rest of a wireless link belongs to others. */
export const BYTES_PER_SECOND_MAX = 45_000;

/**
 * Bytes of a delta on the wire: measured over a running city, after compression. The parts that grow with the city count;
 * JSON's own length says little, since most of it repeats.
 */
export const wireBytes = ({ vehicles, vehiclesGone, rides, ridesGone, zones }: CityDelta): number =>
  300 + 16 * vehicles.length + 38 * rides.length + 14 * (vehiclesGone.length + ridesGone.length) + 20 * zones.length;

interface Subscription {
  readonly viewer: LiveViewer;
  seq: number;
  /** Counts snapshots: an acknowledgement from before the last one is void. */
  generation: number;
  isBusy: boolean;
  /** What came while the browser was busy, merged. */
  readonly missed: ChangeSet;
}

/**
 * Keeps browsers up to date: a snapshot, then numbered deltas. The next delta goes out only after the one before was
 * acknowledged; what changes meanwhile is merged by id, so a slow browser gets fewer and newer updates and the memory that it
 * takes is bounded by the size of the city. A large or fast city is told of less often, all changes since then at once, so that
 * what a browser is sent stays below {@link BYTES_PER_SECOND_MAX}.
 */
export class LiveFeed {
  private readonly subscriptions = new Map<LiveViewer, Subscription>();
  private dueAtMs = -Infinity;

  constructor(
    private readonly city: CityState,
    private readonly clock: () => LiveClock,
    private readonly epoch: string,
    private readonly monotonicNow: () => number = () => performance.now(),
  ) {}

  get viewers(): number {
    return this.subscriptions.size;
  }

  subscribe(viewer: LiveViewer): void {
    const subscription = { viewer, seq: 0, generation: 0, isBusy: false, missed: new ChangeSet() };
    this.subscriptions.set(viewer, subscription);
    this.start(subscription);
  }

  unsubscribe(viewer: LiveViewer): void {
    this.subscriptions.delete(viewer);
  }

  /** A new snapshot, numbered on from there. */
  resync(viewer: LiveViewer): void {
    const subscription = this.subscriptions.get(viewer);
    if (subscription) this.start(subscription);
  }

  /** Sends what changed since it last did, if enough time has passed for that. Call it a few times a second. */
  publish(): void {
    const nowMs = this.monotonicNow();
    if (nowMs < this.dueAtMs) return;
    const changes = this.city.takeChanges();
    if (this.subscriptions.size === 0) return;
    const clock = this.clock();
    // Browsers that keep up all get the same content: it is put together once.
    const shared = this.city.describe(changes);
    this.dueAtMs = nowMs + (1_000 * wireBytes(shared)) / BYTES_PER_SECOND_MAX;
    for (const subscription of this.subscriptions.values()) {
      if (subscription.isBusy) {
        subscription.missed.merge(changes);
        continue;
      }
      if (subscription.missed.isEmpty) {
        this.send(subscription, { epoch: this.epoch, seq: ++subscription.seq, clock, ...shared });
      } else {
        subscription.missed.merge(changes);
        const content = this.city.describe(subscription.missed);
        subscription.missed.clear();
        this.send(subscription, { epoch: this.epoch, seq: ++subscription.seq, clock, ...content });
      }
    }
  }

  private send(subscription: Subscription, delta: LiveDelta): void {
    subscription.isBusy = true;
    const { generation } = subscription;
    subscription.viewer.sendDelta(delta, () => {
      if (subscription.generation === generation) subscription.isBusy = false;
    });
  }

  private start(subscription: Subscription): void {
    subscription.generation++;
    subscription.isBusy = false;
    // Changes that are not published yet are in the snapshot; sending them again in the next delta does no harm.
    subscription.missed.clear();
    subscription.viewer.sendSnapshot({
      epoch: this.epoch,
      seq: subscription.seq,
      clock: this.clock(),
      vehicles: this.city.allVehicles(),
      rides: this.city.rides.allShown(),
      zones: this.city.allZones(),
      metrics: this.city.metrics,
    });
  }
}
