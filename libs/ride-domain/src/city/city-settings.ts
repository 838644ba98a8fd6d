import path from 'node:path';
import { z } from 'zod';
import { idSchema } from '../events/common.js';
import type { Bounds } from '../geo/geometry.js';
import { localToEpochMs } from '../time/city-calendar.js';
import { parsePackJson } from './pack-json.js';

const FILE = 'city.json';
/** A Tuesday on which nothing special happens, before the morning peak. */
const DEFAULT_START = '2026-03-03T07:30';

const isTimeZone = (timeZone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
};

const settingsSchema = z.object({
  id: idSchema,
  name: z.string().trim().min(1).max(80),
  timeZone: z.string().refine(isTimeZone, 'is not an IANA time zone such as Europe/Lisbon'),
  attribution: z.string().max(500).default(''),
  /** Local date and time at which a simulation begins unless told otherwise. */
  defaultStart: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, 'is not a local time like 2026-03-03T07:30')
    .refine((text) => !Number.isNaN(Date.parse(`${text}Z`)), 'is not a date of the calendar')
    .default(DEFAULT_START),
});

export interface CitySettings {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly attribution: string;
  /** City time, ms since 1970. */
  readonly defaultStartMs: number;
}

/** Reads city.json. @throws CityPackError naming the field. */
export function readCitySettings(text: string): CitySettings {
  const { defaultStart, ...settings } = parsePackJson(FILE, text, settingsSchema);
  return { ...settings, defaultStartMs: localToEpochMs(defaultStart, settings.timeZone) };
}

/** For packs without city.json: named after the directory, on the clock that its longitude would have at sea. */
export function guessCitySettings(dir: string, [west, , east]: Bounds, warnings: string[]): CitySettings {
  const base = path.basename(path.resolve(dir));
  const id =
    base
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 64) || 'city';
  const hoursEast = Math.round((west + east) / 2 / 15);
  // In the IANA database the sign of Etc zones is that of POSIX: Etc/GMT+5 lies west of Greenwich.
  const timeZone = hoursEast === 0 ? 'Etc/GMT' : `Etc/GMT${hoursEast > 0 ? '-' : '+'}${Math.abs(hoursEast)}`;
  warnings.push(`${FILE}: there is none; the city is called ${id} and its clock is UTC${signed(hoursEast)}`);
  return { id, name: id, timeZone, attribution: '', defaultStartMs: localToEpochMs(DEFAULT_START, timeZone) };
}

const signed = (hours: number): string => (hours < 0 ? String(hours) : `+${hours}`);
