import { readFileSync } from 'node:fs';
import type { HostProcess } from '../process.js';

/** Processes of this machine. On Linux the boot id and start time tell a process from a later one with the same pid. */
export class NodeProcess implements HostProcess {
  readonly pid = process.pid;

  identityOf(pid: number): string | null {
    if (!Number.isSafeInteger(pid) || pid <= 0 || !runs(pid)) return null;
    return linuxStart(pid) ?? 'running';
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name, in brackets, may hold spaces: count the fields after it. Start time is field 22.
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return startTime === undefined ? null : `${bootId}:${startTime}`;
  } catch {
    return null;
  }
}
