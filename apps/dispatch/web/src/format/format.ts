const EM_DASH = '–';

/** `42 s`, `3:05`, `1 h 04`: a length of time in seconds. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return EM_DASH;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  return `${Math.floor(whole / 3_600)} h ${String(Math.floor((whole % 3_600) / 60)).padStart(2, '0')}`;
}

/** `1 min`, `7 min`: how long a rider is told to wait; never 0 while something is still to come. */
export function formatMinutes(seconds: number): string {
  return `${Math.max(1, Math.round(seconds / 60))} min`;
}

/** `just now`, `42 s ago`, `3 min ago`, `2 h ago`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1_000);
  if (seconds < 3) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3_600)} h ago`;
}

/** `850 m`, `2.4 km`, `12 km`. */
export function formatDistance(metres: number): string {
  if (metres < 950) return `${Math.round(metres / 10) * 10} m`;
  const km = metres / 1_000;
  return `${km < 9.95 ? km.toFixed(1) : Math.round(km)} km`;
}

/** `12.50`: cents as the city's currency, without its sign, which packs do not name. */
export function formatFare(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function formatPercent(share: number | null): string {
  return share === null || !Number.isFinite(share) ? EM_DASH : `${Math.round(share * 100)}%`;
}

export function formatSurge(multiplier: number): string {
  return `${multiplier.toFixed(1)}×`;
}

/** `1,240`; `12.4k` from ten thousand on. */
export function formatCount(count: number): string {
  return count < 10_000 ? count.toLocaleString('en-US') : `${(count / 1_000).toFixed(1)}k`;
}

/** Writes city times as the city's clocks show them. */
export interface ClockFormat {
  /** `17:05` */
  readonly time: (cityMs: number) => string;
  /** `17:05:09` */
  readonly timeWithSeconds: (cityMs: number) => string;
  /** `Fri 13 Mar` */
  readonly date: (cityMs: number) => string;
}

/** @throws RangeError when the time zone is not in the IANA database. */
export function clockFormat(timeZone: string): ClockFormat {
  const part = (options: Intl.DateTimeFormatOptions): ((cityMs: number) => string) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
    return (cityMs) => format.format(cityMs).replace(',', '');
  };
  return {
    time: part({ hour: '2-digit', minute: '2-digit' }),
    timeWithSeconds: part({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    date: part({ weekday: 'short', day: 'numeric', month: 'short' }),
  };
}

export function formatSpeed(speed: number): string {
  if (speed === 0) return 'Paused';
  return `${Number.isInteger(speed) ? speed : speed.toFixed(1)}×`;
}
