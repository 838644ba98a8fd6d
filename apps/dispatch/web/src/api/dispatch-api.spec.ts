import { describe, expect, it } from '@jest/globals';
import { failureOf, messageOf } from './dispatch-api.js';

describe('failureOf', () => {
  it('says the gateway’s own words with the fields it complains of', () => {
    const failure = failureOf(400, {
      statusCode: 400,
      code: 'BAD_REQUEST',
      message: 'The request is not valid',
      issues: [{ path: 'pickup.lat', message: 'too large' }],
    });
    expect(failure.message).toBe('The request is not valid (pickup.lat: too large)');
    expect(failure.code).toBe('BAD_REQUEST');
    expect(failure.fields).toEqual(['pickup.lat']);
  });

  it.each([null, 'oops', { error: 'x' }])('has words for an answer that is no ApiError: %p', (body) => {
    expect(failureOf(502, body).message).toBe('The dispatch service answered 502.');
  });
});

describe('messageOf', () => {
  it('keeps inner errors from the person at the screen', () => {
    expect(messageOf(new TypeError('x is undefined'))).not.toContain('undefined');
    expect(messageOf(failureOf(503, null))).toContain('503');
  });
});
