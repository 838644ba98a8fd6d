import { execFileSync } from 'node:child_process';

export interface ProcessView {
  readonly pid: number;
  readonly command: string;
}

/** All processes that came from this one and still live, at any depth. */
export function descendantsOf(ancestor: number): readonly ProcessView[] {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n');
  const all = lines.map((line) => {
    const [, pid, ppid, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), ppid: Number(ppid), command: command ?? '' };
  });
  const family = new Set([ancestor]);
  // Parents may be listed after their children: until nobody new is found.
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const { pid, ppid } of all) if (family.has(ppid)) family.add(pid);
  }
  return all.filter(({ pid }) => pid !== ancestor && family.has(pid)).map(({ pid, command }) => ({ pid, command }));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
