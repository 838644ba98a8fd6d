import { describe, expect, it } from '@jest/globals';
import { connectionStatus, STALE_AFTER_MS } from './connection-status.js';

describe('connectionStatus', () => {
  it('is connecting until the first snapshot, reconnecting when even the socket fails', () => {
    expect(connectionStatus({ open: true, ready: false, updatedMs: null }, 9).state).toBe('connecting');
    expect(connectionStatus({ open: false, ready: false, updatedMs: null }, 9).state).toBe('reconnecting');
  });

  it('is live until news are older than allowed, then stale with its age', () => {
    const facts = { open: true, ready: true, updatedMs: 1_000 };
    expect(connectionStatus(facts, 1_000 + STALE_AFTER_MS).state).toBe('live');
    expect(connectionStatus(facts, 1_001 + STALE_AFTER_MS)).toEqual({ state: 'stale', ageMs: STALE_AFTER_MS + 1 });
  });

  it('is reconnecting as soon as the socket is gone', () => {
    expect(connectionStatus({ open: false, ready: true, updatedMs: 1_000 }, 1_100)).toEqual({
      state: 'reconnecting',
      ageMs: 100,
    });
  });
});
