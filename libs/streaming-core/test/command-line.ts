import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export const BIN = path.resolve(import.meta.dirname, '../bin/streaming-core.js');
export const COMMAND_TIMEOUT_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a process of its own, at a broker. */
export class CommandLine {
  readonly bootstrapServers: string;

  constructor(bootstrapServers: string) {
    this.bootstrapServers = bootstrapServers;
  }

  start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [BIN, ...args], {
      stdio: 'pipe',
      env: { ...process.env, KAFKA_BROKERS: this.bootstrapServers },
    });
  }

  /** Runs a command to its end; `input` is its standard input. */
  async run(args: readonly string[], input = ''): Promise<Ended> {
    const child = this.start(...args);
    let [out, err] = ['', ''];
    child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin!.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }
}
