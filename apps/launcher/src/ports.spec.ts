import { describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { LaunchError } from './launch-error.js';
import { requireFreePorts } from './ports.js';

describe('requireFreePorts', () => {
  it('names every port that is taken, what it is for and what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
    const { port } = other.address() as AddressInfo;
    const wanted = [{ port, what: 'the dashboard', advice: 'Use --port N.' }];
    await expect(requireFreePorts('127.0.0.1', wanted)).rejects.toThrow(
      new LaunchError(`Port ${port}, for the dashboard, is taken by another program. Use --port N.`),
    );
    await new Promise((resolve) => other.close(resolve));
    await requireFreePorts('127.0.0.1', wanted);
  });

  it('waits for ports that a killed run still holds, when it is told to', async () => {
    const leftover = createServer();
    await new Promise<void>((resolve) => leftover.listen(0, '127.0.0.1', () => resolve()));
    const { port } = leftover.address() as AddressInfo;
    const wanted = [{ port, what: 'the dashboard', advice: '' }];
    let waits = 0;
    const onWait = () => {
      waits++;
      leftover.close();
    };
    await requireFreePorts('127.0.0.1', wanted, { waitMs: 10_000, onWait });
    await requireFreePorts('127.0.0.1', wanted, { waitMs: 10_000, onWait });
    expect(waits).toBe(1);
  });

  it('says when the address is not this machine’s', async () => {
    const wanted = [{ port: 40_000, what: 'the dashboard', advice: '' }];
    await expect(requireFreePorts('203.0.113.1', wanted)).rejects.toThrow(/no address 203\.0\.113\.1: check --host/);
  });
});
