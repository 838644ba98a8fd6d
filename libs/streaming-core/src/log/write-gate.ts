import type { Clock } from '../ports/clock.js';
import { StorageError } from '../ports/storage.js';
import { LogUnwritableError } from './log-errors.js';

const PROBE_INTERVAL_MS = 1000;

interface Shut {
  readonly cause: StorageError;
  /** End of the good records: what lies beyond is to be cut before the next write. */
  readonly cutTo: bigint;
  readonly probeAtMs: number;
  readonly isRepaired: boolean;
}

/**
 * Whether a log takes writes. A storage error shuts the gate; from then on every write is answered with that error, but for one
 * probe a second: it first repairs the log, then is tried as a real write, and opens the gate if it succeeds.
 */
export class WriteGate {
  private shut: Shut | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly directory: string,
    /** Cuts the log to an offset; throws StorageError if the disk does not let it. */
    private readonly repair: (cutTo: bigint) => void,
    /** Told of each failure at once: whoever waits for what is lost must know before another record takes its offset. */
    private readonly onFailure: (error: LogUnwritableError) => void,
  ) {}

  get isOpen(): boolean {
    return this.shut === null;
  }

  /** What lies from here on goes before the next write and must count neither as written nor as durable; null if nothing does. */
  get cutDue(): bigint | null {
    return this.shut === null || this.shut.isRepaired ? null : this.shut.cutTo;
  }

  /** Shuts the gate and repairs at once if the disk lets it. Returns the error to answer with; other errors pass through. */
  fail(error: unknown, cutTo: bigint): unknown {
    // A LogUnwritableError has been through here already.
    if (!(error instanceof StorageError) || error instanceof LogUnwritableError) return error;
    const { cutDue } = this;
    const lowest = cutDue !== null && cutDue < cutTo ? cutDue : cutTo;
    const probeAtMs = this.clock.monotonicMs() + PROBE_INTERVAL_MS;
    this.shut = { cause: error, cutTo: lowest, probeAtMs, isRepaired: false };
    try {
      this.repair(lowest);
      this.shut = { cause: error, cutTo: lowest, probeAtMs, isRepaired: true };
    } catch (repairError) {
      // Tried again by the probe; no write comes before it succeeds.
      if (!(repairError instanceof StorageError)) throw repairError;
    }
    const failure = new LogUnwritableError(this.directory, error);
    this.onFailure(failure);
    return failure;
  }

  /** More is in doubt than the failure told: a sync within the repair failed as well. */
  lower(cutTo: bigint): void {
    if (this.shut !== null && cutTo < this.shut.cutTo) this.shut = { ...this.shut, cutTo };
  }

  /** Before a write. Does nothing when open; else this write is the probe, or is refused. @throws LogUnwritableError */
  pass(): void {
    const { shut } = this;
    if (shut === null) return;
    if (this.clock.monotonicMs() < shut.probeAtMs) throw new LogUnwritableError(this.directory, shut.cause);
    try {
      this.repair(shut.cutTo);
      // The write that follows is the rest of the probe: if it fails the gate shuts again.
      this.shut = null;
    } catch (error) {
      throw this.fail(error, shut.cutTo);
    }
  }
}
