import { Logger } from '@nestjs/common';
import { type RunningApp, startApp } from '@ridestream/platform/http/run-app';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

export type ServiceName = 'dispatch' | 'analytics' | 'notifications' | 'rider-app-sim';
export type Env = Readonly<Record<string, string>>;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const OUTPUT_CHARS_MAX = 4_000;

/** A service inside the test's process. Loaded on demand: not every scenario needs every one. */
export async function startService(name: ServiceName, env: Env): Promise<RunningApp> {
  const app = await startApp(await optionsOf(name, env));
  await whenReady(name, app.url);
  return app;
}

async function optionsOf(name: ServiceName, env: Env) {
  // Modules are put together before the service's own logger is there, and would print.
  Logger.overrideLogger(false);
  switch (name) {
    case 'dispatch':
      return (await import('../../apps/dispatch/src/dispatch-app.js')).dispatchApp(env);
    case 'analytics':
      return (await import('../../apps/analytics/src/analytics-app.js')).analyticsApp(env);
    case 'notifications':
      return (await import('../../apps/notifications/src/notifications-app.js')).notificationsApp(env);
    case 'rider-app-sim':
      return (await import('../../apps/rider-app-sim/src/app.js')).simApp(env);
  }
}

/** Waits until the service says that it is ready to work. */
export async function whenReady(name: string, url: string): Promise<void> {
  let last = '';
  await until(
    `${name} to be ready`,
    async () => {
      const response = await fetch(`${url}/health/ready`).catch(() => undefined);
      last = response === undefined ? 'no answer' : await response.text();
      return response?.ok;
    },
    { timeoutMs: START_TIMEOUT_MS, seen: () => last },
  );
}

export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a compiled entry to its end. */
export async function runCommand(entry: string, args: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [path.join(root, entry), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

/** A process of its own, which can be killed. It ends with the test's process, whatever happens to that. */
export class ForkedProcess {
  private output = '';
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.exit = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on(
        'data',
        (chunk: Buffer) => (this.output = `${this.output}${chunk.toString()}`.slice(-OUTPUT_CHARS_MAX)),
      );
    }
  }

  /** Starts a compiled entry and waits for its `ready`. */
  static async start(
    name: string,
    entry: string,
    { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: Env } = {},
  ): Promise<ForkedProcess & { readonly port: number }> {
    const file = path.join(root, entry);
    if (!existsSync(file)) throw new Error(`${entry} is missing: npm test compiles it, or run npm run build`);
    const child = fork(file, [...args], {
      env: { ...process.env, ...env },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const forked = new ForkedProcess(name, child);
    let port: number | undefined;
    child.on('message', (message) => {
      if (isReady(message)) port = message.port;
    });
    try {
      await until(`${name} to say that it is ready`, () => forked.hasEnded || port !== undefined, {
        timeoutMs: START_TIMEOUT_MS,
      });
    } catch (error) {
      await forked.kill();
      throw error;
    }
    if (port === undefined) throw new Error(`${name} ended while starting:\n${forked.output}`);
    return Object.assign(forked, { port });
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** SIGKILL: no goodbye to anyone. */
  async kill(): Promise<void> {
    if (!this.hasEnded) this.child.kill('SIGKILL');
    await this.exit;
  }

  /** SIGTERM, and SIGKILL for one that does not obey. Gives the exit code. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const { code } = await this.exit;
    clearTimeout(timer);
    return code;
  }

  /** The last that it printed, for failure messages. */
  said(): string {
    return this.output;
  }
}

const isReady = (message: unknown): message is { readonly port: number } =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready' && 'port' in message;
