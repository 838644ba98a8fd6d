import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { descendantsOf, isAlive } from './processes.ts';
import { until } from './until.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const ENTRY = path.join(root, 'apps/launcher/dist/main.js');
const START_TIMEOUT_MS = 45_000;

/** What `npm start -- <args>` runs once it has compiled: the launcher, as a process of its own, with its terminal read. */
export class StartedCity {
  private readonly child: ChildProcess;
  private readonly code: Promise<number | null>;
  private out = '';
  private err = '';

  constructor(args: readonly string[]) {
    const { KAFKA_BROKERS: _, DATABASE_URL: __, ...env } = process.env;
    this.child = spawn(process.execPath, [ENTRY, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.code = new Promise((resolve) => this.child.once('exit', resolve));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the launcher was not started');
    return this.child.pid;
  }

  /** The URL in the one line that says that the city is there. */
  url(): Promise<string> {
    return until(
      'the line with the URL',
      () => {
        if (this.hasEnded) throw new Error(`the launcher ended:\n${this.out}${this.err}`);
        return /The city is alive: (http\S+)/.exec(this.out)?.[1];
      },
      { timeoutMs: START_TIMEOUT_MS, seen: () => this.out + this.err },
    );
  }

  /** What it printed to standard error. */
  errors(): string {
    return this.err;
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  async exitWithin(timeoutMs: number): Promise<number | null> {
    await until('the launcher to end', () => this.hasEnded, { timeoutMs, seen: () => this.out + this.err });
    return this.code;
  }

  /** Leaves nothing behind, whatever state the test left it in. */
  async end(): Promise<void> {
    if (this.hasEnded) return;
    const family = descendantsOf(this.pid);
    this.child.kill('SIGKILL');
    await this.code;
    for (const { pid } of family) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await until('all that the launcher started to be gone', () => !family.some(({ pid }) => isAlive(pid)));
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
