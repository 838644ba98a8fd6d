import { describe, expect, it } from '@jest/globals';
import { FrameGovernor } from './frame-governor.js';

function drawn(everyMs: number, forMs: number): number {
  const governor = new FrameGovernor();
  let count = 0;
  for (let at = 0; at < forMs; at += everyMs) if (governor.wants(at)) count++;
  return count;
}

describe('FrameGovernor', () => {
  it('draws every frame where frames come quickly', () => {
    expect(drawn(16, 1_600)).toBe(100);
  });

  it('spares a machine whose frames come slowly', () => {
    expect(drawn(60, 60_000)).toBeLessThan(600);
    expect(drawn(60, 60_000)).toBeGreaterThan(300);
  });

  it('does not take a hidden tab for a slow machine', () => {
    const governor = new FrameGovernor();
    governor.wants(0);
    governor.wants(60_000);
    expect([60_016, 60_032, 60_048].every((at) => governor.wants(at))).toBe(true);
  });
});
