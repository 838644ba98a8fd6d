/** `streaming-core serve` as a process of its own. For tests; needs the build in dist/. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const BIN = path.resolve(import.meta.dirname, '../bin/streaming-core.js');

export interface ServeProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** Everything it printed so far. */
  output(): string;
}

export interface ServeEnd {
  readonly code: number | null;
  readonly output: string;
}

/** Starts a broker and resolves once it says that it is ready, or rejects with what it printed instead. */
export async function startServe(args: readonly string[]): Promise<ServeProcess> {
  const { child, output } = run(args);
  const ended = once(child, 'exit').then(() => null);
  const message = (await Promise.race([once(child, 'message').then(([first]) => first as unknown), ended])) as {
    readonly type: string;
    readonly port: number;
  } | null;
  if (message?.type !== 'ready') throw new Error(`serve did not become ready:\n${output()}`);
  return { child, port: message.port, output };
}

/** Runs the command to its end. */
export async function runToEnd(args: readonly string[]): Promise<ServeEnd> {
  const { child, output } = run(args);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

export async function end(process: ServeProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(process.child, 'exit') as Promise<[number | null]>;
  process.child.kill(signal);
  return (await exited)[0];
}

function run(args: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}
