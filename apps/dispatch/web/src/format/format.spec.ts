import { describe, expect, it } from '@jest/globals';
import * as format from './format.js';

describe('format', () => {
  it.each([
    [null, '–'],
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1:00'],
    [185, '3:05'],
    [3_840, '1 h 04'],
    [-5, '0 s'],
  ])('duration %p', (seconds, text) => expect(format.formatDuration(seconds)).toBe(text));

  it.each([
    [4, '1 min'],
    [89, '1 min'],
    [90, '2 min'],
    [600, '10 min'],
  ])('minutes %p', (seconds, text) => expect(format.formatMinutes(seconds)).toBe(text));

  it.each([
    [0, 'just now'],
    [7_900, '7 s ago'],
    [61_000, '1 min ago'],
    [7_200_000, '2 h ago'],
  ])('age %p', (ageMs, text) => expect(format.formatAge(ageMs)).toBe(text));

  it.each([
    [848, '850 m'],
    [960, '1.0 km'],
    [9_960, '10 km'],
    [12_400, '12 km'],
  ])('distance %p', (metres, text) => expect(format.formatDistance(metres)).toBe(text));

  it('sets the clock in the city’s own time', () => {
    const friday = Date.UTC(2026, 2, 13, 17, 5, 9);
    const london = format.clockFormat('Europe/London');
    expect(london.time(friday)).toBe('17:05');
    expect(london.timeWithSeconds(friday)).toBe('17:05:09');
    expect(london.date(friday)).toBe('Fri 13 Mar');
    expect(format.clockFormat('Asia/Tokyo').date(friday)).toBe('Sat 14 Mar');
  });

  it('says speed, money, shares and counts', () => {
    expect(format.formatSpeed(0)).toBe('Paused');
    expect(format.formatSpeed(2.5)).toBe('2.5×');
    expect(format.formatFare(1_205)).toBe('12.05');
    expect(format.formatPercent(0.936)).toBe('94%');
    expect(format.formatPercent(NaN)).toBe('–');
    expect(format.formatCount(9_999)).toBe('9,999');
    expect(format.formatCount(12_345)).toBe('12.3k');
  });
});
