import type { Clock, Timer } from '../ports/clock.js';
import type { Logger } from './logger.js';

/** Warnings of one kind in one interval that have a line each. */
const LINES = 10;
const INTERVAL_MS = 10_000;
/** There are fewer; what is beyond them shares one. */
const KINDS_MAX = 100;

interface Kind {
  readonly message: string;
  lines: number;
  unsaid: number;
  /** Of the last one that was not said. */
  details: object;
  readonly timer: Timer;
}

/**
 * A log that strangers cannot flood: of warnings with the same message and `reason` the first ten in ten seconds have a line
 * each, the others one line together, with their number, when the time is over. At level `debug` all of them are there.
 */
export class WarningLimit implements Logger {
  readonly #kinds = new Map<string, Kind>();
  readonly #logger: Logger;
  readonly #clock: Clock;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  debug(details: object, message: string): void {
    this.#logger.debug(details, message);
  }

  info(details: object, message: string): void {
    this.#logger.info(details, message);
  }

  warn(details: object, message: string): void {
    const kind = this.#kindOf(details, message);
    if (kind.lines < LINES) {
      kind.lines += 1;
      this.#logger.warn(details, message);
      return;
    }
    kind.unsaid += 1;
    kind.details = details;
    this.#logger.debug(details, message);
  }

  error(details: object, message: string): void {
    this.#logger.error(details, message);
  }

  /** Says what was not said yet. */
  close(): void {
    for (const kind of this.#kinds.values()) {
      kind.timer.cancel();
      this.#tell(kind);
    }
    this.#kinds.clear();
  }

  #kindOf(details: object, message: string): Kind {
    const { reason } = details as { readonly reason?: unknown };
    const wanted = `${message}: ${typeof reason === 'string' ? reason : ''}`;
    const name = this.#kinds.has(wanted) || this.#kinds.size < KINDS_MAX ? wanted : '';
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      const timer = this.#clock.schedule(INTERVAL_MS, () => {
        this.#tell(this.#kinds.get(name)!);
        this.#kinds.delete(name);
      });
      kind = { message, lines: 0, unsaid: 0, details, timer };
      this.#kinds.set(name, kind);
    }
    return kind;
  }

  #tell({ unsaid, details, message }: Kind): void {
    if (unsaid > 0) this.#logger.warn({ ...details, times: unsaid }, `${message}, and others for the same reason`);
  }
}
