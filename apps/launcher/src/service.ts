import { type ChildProcess, fork } from 'node:child_process';
import type { ReadyMessage } from '@ridestream/platform/process/parent';
import { LaunchError } from './launch-error.js';
import type { LogFile } from './log-file.js';

export interface ServiceOptions {
  readonly name: string;
  /** Its JavaScript entry. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly log: LogFile;
  /** Node flags, such as a heap limit. */
  readonly execArgv?: readonly string[];
  /** Gets what the service prints. */
  readonly onOutput: (text: string) => void;
  /** Told when the service ended without being asked, and will be started again. */
  readonly onRestart: (reason: string, delayMs: number) => void;
  /** Told when it is ready again after that. */
  readonly onRecovered: () => void;
  /** Told when it ended too often to go on. */
  readonly onGivenUp: (reason: string) => void;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 12_000;
/** After so many unasked ends within the window the city gives up. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
const MAX_RESTART_DELAY_MS = 8_000;
const RECENT_OUTPUT_LINES = 15;

/** One service in a process of its own: started, started again when it dies, stopped. */
export class Service {
  private child: ChildProcess | undefined;
  private stopping = false;
  private readonly deaths: number[] = [];
  private readonly recentOutput: string[] = [];
  private restartTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ServiceOptions) {}

  get name(): string {
    return this.options.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves with the port that the service listens on once it says that it is ready. */
  async start(): Promise<number> {
    const port = await this.launch();
    this.child?.once('exit', (code, signal) =>
      this.died(signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
    return port;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restartTimer);
    const child = this.child;
    if (!child || hasEnded(child)) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  private launch(): Promise<number> {
    const { name, entry, args, env, execArgv } = this.options;
    // A process group of its own: Ctrl-C in a terminal reaches the launcher alone, which stops the services in order.
    const child = fork(entry, [...(args ?? [])], {
      env: { ...process.env, ...env },
      execArgv: ['--enable-source-maps', ...(execArgv ?? [])],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.output(chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => this.output(chunk.toString()));
    return new Promise((resolve, reject) => {
      // Only its own listener: `stop` may be waiting for the same event.
      const onExit = (code: number | null, signal: NodeJS.Signals | null) =>
        fail(`ended while starting (${signal ?? `code ${code}`})`);
      const fail = (reason: string) => {
        clearTimeout(timer);
        child.off('exit', onExit);
        reject(
          new LaunchError(`${name} ${reason}.\n${this.recentOutput.join('\n')}\nIts log: ${this.options.log.path}`),
        );
      };
      const timer = setTimeout(() => {
        fail(`did not become ready within ${START_TIMEOUT_MS / 1000} s`);
        child.kill('SIGKILL');
      }, START_TIMEOUT_MS);
      child.once('error', (error) => fail(`could not be started: ${error.message}`));
      child.once('exit', onExit);
      child.on('message', (message) => {
        if (!isReady(message)) return;
        clearTimeout(timer);
        child.off('exit', onExit);
        resolve(message.port);
      });
    });
  }

  private died(reason: string): void {
    if (this.stopping) return;
    const now = Date.now();
    this.deaths.push(now);
    while (this.deaths[0] !== undefined && now - this.deaths[0] > RESTART_WINDOW_MS) this.deaths.shift();
    if (this.deaths.length > MAX_RESTARTS) {
      this.options.onGivenUp(
        `${this.name} ${reason}: it ended ${this.deaths.length} times within a minute. Its log: ${this.options.log.path}`,
      );
      return;
    }
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, 250 * 2 ** (this.deaths.length - 1));
    this.options.onRestart(reason, delayMs);
    this.restartTimer = setTimeout(() => {
      this.start().then(this.options.onRecovered, (error: unknown) => {
        this.output(`${String(error)}\n`);
        this.died('could not be started again');
      });
    }, delayMs);
  }

  private output(text: string): void {
    this.options.log.write(text);
    this.recentOutput.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.recentOutput.splice(0, Math.max(0, this.recentOutput.length - RECENT_OUTPUT_LINES));
    this.options.onOutput(text);
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

function isReady(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
