import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { SILENT } from './logger.js';
import { WarningLimit } from './warning-limit.js';

let lines: (object & { message: string })[];
let debugged: number;
let clock: ManualClock;
let log: WarningLimit;

beforeEach(() => {
  lines = [];
  debugged = 0;
  clock = new ManualClock();
  const warn = (details: object, message: string) => lines.push({ ...details, message });
  log = new WarningLimit({ ...SILENT, warn, debug: () => (debugged += 1) }, clock);
});

const refuse = (times: number, reason: string, from = 0): void => {
  for (let n = 0; n < times; n++) log.warn({ peer: `10.0.0.1:${from + n}`, reason }, 'connection closed');
};

describe('a limit of warnings', () => {
  it('is not flooded by refused connections: the first are said at once, the others counted', () => {
    refuse(1_000, 'TOO_MANY_CONNECTIONS');
    expect(lines).toHaveLength(10);
    expect(debugged).toBe(990);
    clock.advance(10_000);
    expect(lines).toHaveLength(11);
    expect(lines[10]).toEqual({
      peer: '10.0.0.1:999',
      reason: 'TOO_MANY_CONNECTIONS',
      times: 990,
      message: 'connection closed, and others for the same reason',
    });
  });

  it('says the first of the next interval at once, and nothing where nothing was left out', () => {
    refuse(10, 'IDLE');
    clock.advance(10_000);
    expect(lines).toHaveLength(10);
    refuse(1, 'IDLE');
    expect(lines).toHaveLength(11);
  });

  it('does not let one reason hide another', () => {
    refuse(1_000, 'TOO_MANY_CONNECTIONS');
    refuse(1, 'FRAME_TOO_LARGE');
    expect(lines.at(-1)).toMatchObject({ reason: 'FRAME_TOO_LARGE' });
  });

  it('holds a bounded number of reasons', () => {
    for (let n = 0; n < 1_000; n++) refuse(1, `reason ${n}`);
    expect(lines).toHaveLength(110);
    clock.advance(10_000);
    expect(lines).toHaveLength(111);
    expect(lines[110]).toMatchObject({ times: 890 });
  });

  it('says what is left when the broker stops, and then no more', () => {
    refuse(12, 'IDLE');
    log.close();
    expect(lines.at(-1)).toMatchObject({ times: 2 });
    clock.advance(20_000);
    expect(lines).toHaveLength(11);
  });
});
