import { describe, expect, it } from '@jest/globals';
import { CityCalendar, hourOfWeekOfLocal, localToEpochMs } from './city-calendar.js';

const newYork = new CityCalendar('America/New_York');

describe('CityCalendar', () => {
  it('counts hours of the week from Monday at midnight, local time', () => {
    expect(newYork.hourOfWeek(Date.parse('2026-03-02T05:00Z'))).toBe(0);
    expect(newYork.hourOfWeek(Date.parse('2026-03-02T04:59Z'))).toBe(167);
    expect(newYork.hourOfDay(Date.parse('2026-03-03T12:30Z'))).toBe(7);
  });

  it('follows daylight saving time', () => {
    expect(newYork.hourOfDay(Date.parse('2026-03-08T06:59Z'))).toBe(1);
    expect(newYork.hourOfDay(Date.parse('2026-03-08T07:00Z'))).toBe(3);
    expect(newYork.hourOfDay(Date.parse('2026-11-01T06:30Z'))).toBe(1);
  });

  it('knows zones that are a quarter of an hour off', () => {
    expect(new CityCalendar('Asia/Kathmandu').hourOfDay(Date.parse('2026-01-05T18:14Z'))).toBe(23);
    expect(new CityCalendar('Asia/Kathmandu').hourOfDay(Date.parse('2026-01-05T18:15Z'))).toBe(0);
  });

  it('answers the same when asked for more moments than it remembers', () => {
    const calendar = new CityCalendar('Europe/Lisbon');
    const start = Date.parse('2026-01-01T00:00Z');
    const ask = (): number[] => Array.from({ length: 5_000 }, (_, i) => calendar.hourOfWeek(start + i * 900_000));
    expect(ask()).toEqual(ask());
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => new CityCalendar('Mars/Olympus')).toThrow(RangeError);
  });
});

describe('hourOfWeekOfLocal', () => {
  it.each([
    ['2019-03-04 00:15:55', 0],
    ['2019-03-24T23:59', 167],
    ['2019-03-23 20:21:09', 5 * 24 + 20],
  ])('of %s is %d', (text, hour) => {
    expect(hourOfWeekOfLocal(text)).toBe(hour);
  });

  it.each(['', 'yesterday', '2019-02-30 10:00', '2019-13-01 10:00', '2019-03-04 25:00'])('is NaN of "%s"', (text) => {
    expect(hourOfWeekOfLocal(text)).toBeNaN();
  });
});

describe('localToEpochMs', () => {
  it('is the inverse of the local clock, in winter and in summer', () => {
    expect(localToEpochMs('2026-03-03T07:30', 'America/New_York')).toBe(Date.parse('2026-03-03T12:30Z'));
    expect(localToEpochMs('2026-07-03T07:30:15', 'America/New_York')).toBe(Date.parse('2026-07-03T11:30:15Z'));
  });

  it('is NaN for what is no time', () => {
    expect(localToEpochMs('soon', 'UTC')).toBeNaN();
  });
});
