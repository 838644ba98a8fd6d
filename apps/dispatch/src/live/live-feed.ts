import { ChangeSet } from './change-set.js';
import type { CityState } from './city-state.js';
import type { LiveClock, LiveDelta, LiveSnapshot } from './protocol.js';

/** How a browser is reached. */
export interface LiveViewer {
  sendSnapshot(snapshot: LiveSnapshot): void;
  /** `done` is called when the browser has taken it in. */
  sendDelta(delta: LiveDelta, done: () => void): void;
}

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
 * takes is bounded by the size of the city.
 */
export class LiveFeed {
  private readonly subscriptions = new Map<LiveViewer, Subscription>();

  constructor(
    private readonly city: CityState,
    private readonly clock: () => LiveClock,
    private readonly epoch: string,
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

  /** Sends what changed since the last call. Call it a few times a second. */
  publish(): void {
    const changes = this.city.takeChanges();
    if (this.subscriptions.size === 0) return;
    const clock = this.clock();
    // Browsers that keep up all get the same content: it is put together once.
    let shared: ReturnType<CityState['describe']> | undefined;
    for (const subscription of this.subscriptions.values()) {
      if (subscription.isBusy) {
        subscription.missed.merge(changes);
        continue;
      }
      if (subscription.missed.isEmpty) {
        shared ??= this.city.describe(changes);
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
