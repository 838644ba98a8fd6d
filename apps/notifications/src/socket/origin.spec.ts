import { describe, expect, it } from '@jest/globals';
import { isOwnOrigin } from './origin.js';

describe('isOwnOrigin', () => {
  it.each([
    [undefined, '127.0.0.1:3002', true],
    ['http://localhost:3000', '127.0.0.1:3002', true],
    ['http://[::1]:3000', '127.0.0.1:3002', true],
    ['https://city.example:8443', 'city.example:3002', true],
    ['https://evil.example', '127.0.0.1:3002', false],
    ['https://localhost.evil.example', 'localhost:3002', false],
    ['null', '127.0.0.1:3002', false],
    ['', '', false],
    ['file://', undefined, false],
  ])('page %s, host %s: %s', (origin, host, expected) => {
    expect(isOwnOrigin(origin, host)).toBe(expected);
  });
});
