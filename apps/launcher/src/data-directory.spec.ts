import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDataDirectory } from './data-directory.js';
import { LaunchError } from './launch-error.js';

describe('openDataDirectory', () => {
  let base: string;

  beforeEach(() => {
    base = mkdtempSync(path.join(tmpdir(), 'ridestream-data-'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  const pidFile = () => path.join(base, 'oldtown', 'ridestream.pid');

  it('gives each city its own directory, and lets the next run have it after release', async () => {
    const first = await openDataDirectory(base, 'oldtown', false);
    expect(first.broker).toBe(path.join(base, 'oldtown', 'broker'));
    expect(existsSync(pidFile())).toBe(true);
    first.release();
    expect(existsSync(pidFile())).toBe(false);
  });

  it('refuses while another process runs the city', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      mkdirSync(path.join(base, 'oldtown'));
      writeFileSync(pidFile(), String(other.pid));
      await expect(openDataDirectory(base, 'oldtown', false)).rejects.toThrow(
        new LaunchError(
          `This city already runs (process ${other.pid}). Stop it first, or start another with its own --data-dir and ports.`,
        ),
      );
      expect(existsSync(pidFile())).toBe(true);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it.each([
    ['a process that is gone', '2147483646'],
    ['nothing that is a process', 'garbage'],
  ])('takes over what a crash left of %s', async (_name, contents) => {
    mkdirSync(path.join(base, 'oldtown'));
    writeFileSync(pidFile(), contents);
    const data = await openDataDirectory(base, 'oldtown', false);
    expect(data.wasKilled).toBe(true);
    data.release();
    const next = await openDataDirectory(base, 'oldtown', false);
    expect(next.wasKilled).toBe(false);
    next.release();
  });

  it('says what to do when it may not write', async () => {
    writeFileSync(path.join(base, 'file'), '');
    const opening = openDataDirectory(path.join(base, 'file'), 'oldtown', false);
    await expect(opening).rejects.toThrow(LaunchError);
    await expect(opening).rejects.toThrow(/--data-dir/);
  });

  it('removes what earlier runs kept when it is to begin anew, and nothing else', async () => {
    const first = await openDataDirectory(base, 'oldtown', false);
    mkdirSync(first.broker);
    writeFileSync(path.join(first.broker, 'segment'), 'x');
    writeFileSync(path.join(first.path, 'notes.txt'), 'mine');
    first.release();
    const again = await openDataDirectory(base, 'oldtown', true);
    expect(existsSync(path.join(again.broker, 'segment'))).toBe(false);
    expect(existsSync(path.join(again.path, 'notes.txt'))).toBe(true);
    again.release();
  });
});
