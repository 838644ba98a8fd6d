import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ForkedProcess } from './services.ts';

const ENTRY = 'libs/streaming-core/bin/streaming-core.js';

/** `streaming-core serve` as a process of its own, with its data on disk. */
export class BrokerProcess {
  private constructor(
    private readonly dir: string,
    readonly port: number,
    private running: ForkedProcess,
    private readonly advertisedPort: number | undefined,
  ) {}

  /** @param advertisedPort where clients are told to connect to; default: its own port */
  static async start(advertisedPort?: number): Promise<BrokerProcess> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'broker-process-'));
    const running = await serve(dir, 0, advertisedPort);
    return new BrokerProcess(dir, running.port, running, advertisedPort);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void> {
    return this.running.kill();
  }

  /** The same data on the same port. */
  async restart(): Promise<void> {
    this.running = await serve(this.dir, this.port, this.advertisedPort);
  }

  /** Stops it and removes what it kept. */
  async remove(): Promise<void> {
    await this.running.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

function serve(
  dir: string,
  port: number,
  advertisedPort: number | undefined,
): Promise<ForkedProcess & { readonly port: number }> {
  const advertised = advertisedPort === undefined ? [] : ['--advertised-port', String(advertisedPort)];
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--data-dir', dir, ...advertised];
  return ForkedProcess.start('broker', ENTRY, { args });
}
