/** Every UTC offset in use is a multiple of 15 minutes, and changes happen on such a boundary. */
const SLOT_MS = 900_000;
const SLOTS_CACHED_MAX = 2_000;
export const HOURS_PER_WEEK = 168;

/** Local time of a city. Hours are 0 to 23; hours of the week 0 to 167 begin on Monday at midnight. */
export class CityCalendar {
  readonly #format: Intl.DateTimeFormat;
  readonly #hourOfWeekBySlot = new Map<number, number>();

  /** @throws RangeError when the time zone is not in the IANA database. */
  constructor(readonly timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      hour: '2-digit',
    });
  }

  hourOfDay(cityMs: number): number {
    return this.hourOfWeek(cityMs) % 24;
  }

  hourOfWeek(cityMs: number): number {
    const slot = Math.floor(cityMs / SLOT_MS);
    let hour = this.#hourOfWeekBySlot.get(slot);
    if (hour === undefined) {
      hour = this.#compute(slot * SLOT_MS);
      if (this.#hourOfWeekBySlot.size >= SLOTS_CACHED_MAX) this.#hourOfWeekBySlot.clear();
      this.#hourOfWeekBySlot.set(slot, hour);
    }
    return hour;
  }

  #compute(cityMs: number): number {
    const parts = this.#format.formatToParts(cityMs);
    const weekday = parts.find(({ type }) => type === 'weekday')?.value ?? '';
    const hour = Number(parts.find(({ type }) => type === 'hour')?.value);
    return WEEKDAYS.indexOf(weekday) * 24 + hour;
  }
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Hour of the week of a local date and time such as `2026-03-04 17:05`, without any time zone. NaN if it is not one. */
export function hourOfWeekOfLocal(text: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})/.exec(text);
  if (match === null) return NaN;
  const [year, month, day, hour] = match.slice(1, 5).map(Number) as [number, number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day, hour));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCHours() !== hour) return NaN;
  return ((date.getUTCDay() + 6) % 7) * 24 + hour;
}

/** Milliseconds since 1970 of a local wall-clock time such as `2026-03-04T07:00` in a time zone. NaN if it is not one. */
export function localToEpochMs(text: string, timeZone: string): number {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return NaN;
  // Two rounds: the offset at the guess may differ from the offset at the answer around a clock change.
  let guess = asUtc;
  for (let round = 0; round < 2; round++) guess = asUtc - offsetMs(guess, timeZone);
  return guess;
}

function offsetMs(epochMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const local = Date.parse(`${format.format(epochMs).replace(' ', 'T')}Z`);
  return local - Math.floor(epochMs / 1000) * 1000;
}
