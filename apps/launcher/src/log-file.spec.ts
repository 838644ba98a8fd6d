import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LogFile } from './log-file.js';

const MIB = 'x'.repeat(1024 * 1024);

describe('LogFile', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'ridestream-log-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('begins anew at 10 MiB and keeps what was before', () => {
    const log = new LogFile(path.join(dir, 'a.log'));
    for (let i = 0; i < 12; i++) log.write(MIB);
    expect(statSync(path.join(dir, 'a.log')).size).toBe(2 * MIB.length);
    expect(statSync(path.join(dir, 'a.log.1')).size).toBe(10 * MIB.length);
  });

  it('goes on when somebody removed the log, or its directory', () => {
    const logs = path.join(dir, 'logs');
    const log = new LogFile(path.join(dir, 'a.log'));
    const lost = new LogFile(path.join(logs, 'b.log'));
    for (let i = 0; i < 10; i++) log.write(MIB);
    rmSync(path.join(dir, 'a.log'));
    log.write(MIB);
    log.write('after');
    expect(existsSync(path.join(dir, 'a.log'))).toBe(true);
    for (let i = 0; i < 12; i++) lost.write(MIB);
    expect(existsSync(logs)).toBe(false);
  });
});
