/** librdkafka in two builds: the prebuilt library of kafka-crab-js, and whatever kcat has. Neither is there on every machine. */
import { describe, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KafkaClient, KafkaConfiguration, KafkaConsumer, Message } from 'kafka-crab-js';
import { skipped } from './skipped.ts';

const TIMEOUT_MS = 30_000;

/** npm leaves the prebuilt library out when it runs on another Node than the one it asks for. */
const crab = await import('kafka-crab-js').catch(() => null);
const NO_LIBRARY = 'the library of kafka-crab-js is not installed (see .ci/run)';

export const hasLibrdkafka = crab !== null;
export const hasKcat = await new Promise<boolean>((resolve) => execFile('kcat', ['-V'], (error) => resolve(!error)));

export function describeWithLibrdkafka(name: string, tests: () => void): void {
  (hasLibrdkafka ? describe : skipped(name, NO_LIBRARY))(name, tests);
}

export function itWithLibrdkafka(name: string, test: () => Promise<void>, timeoutMs?: number): void {
  if (!hasLibrdkafka) skipped(name, NO_LIBRARY);
  (hasLibrdkafka ? it : it.skip)(name, test, timeoutMs);
}

export function describeWithKcat(name: string, tests: () => void): void {
  (hasKcat ? describe : skipped(name, 'kcat is not installed'))(name, tests);
}

export function librdkafkaClient(brokers: string, options: Partial<KafkaConfiguration> = {}): KafkaClient {
  if (crab === null) throw new Error(NO_LIBRARY);
  return new crab.KafkaClient({
    brokers,
    clientId: 'librdkafka',
    logLevel: 'off',
    brokerAddressFamily: 'v4',
    ...options,
  });
}

export interface KcatRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs kcat to its end; `input` is its standard input. */
export function kcat(args: readonly string[], input = ''): Promise<KcatRun> {
  return new Promise((resolve) => {
    const child = execFile('kcat', args, { timeout: TIMEOUT_MS }, (error, out, err) =>
      resolve({ code: error === null ? 0 : 1, out, err }),
    );
    child.stdin!.end(input);
  });
}

const consumers: WeakRef<KafkaConsumer>[] = [];

/**
 * A consumer of kafka-crab-js lives on after `disconnect` until it is collected: it goes on looking for its broker, and a process
 * that ends with it alive waits until librdkafka has given up. So: close all members, call this, then stop the broker.
 */
export async function destroyConsumers(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const deadlineMs = Date.now() + 10_000;
  while (consumers.some((consumer) => consumer.deref() !== undefined) && Date.now() < deadlineMs) {
    // A weak reference that was looked at holds until the turn ends.
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A member of a group that keeps reading, and committing what it read, until it is closed. */
export class LibrdkafkaMember {
  readonly messages: Message[] = [];
  #consumer: KafkaConsumer | null;
  #isClosed = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(client: KafkaClient, groupId: string, configuration: Record<string, string | number> = {}) {
    this.#consumer = client.createConsumer({
      groupId,
      enableAutoCommit: false,
      configuration: { 'auto.offset.reset': 'earliest', ...configuration },
    });
    consumers.push(new WeakRef(this.#consumer));
  }

  get consumer(): KafkaConsumer {
    if (this.#consumer === null) throw new Error('the member is closed');
    return this.#consumer;
  }

  async subscribe(topic: string): Promise<this> {
    await this.consumer.subscribe(topic);
    this.#reading = this.#read();
    return this;
  }

  get values(): string[] {
    return this.messages.map(({ payload }) => payload.toString());
  }

  get partitions(): number {
    return this.consumer.assignment().reduce((sum, { partitionOffset }) => sum + partitionOffset.length, 0);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#reading;
    // Closing alone says no goodbye, and goodbyes are said while one reads.
    this.consumer.unsubscribe();
    for (let round = 0; round < 5; round++) await this.consumer.recvBatch(1, 50).catch(() => []);
    await this.consumer.disconnect();
    this.#consumer = null;
  }

  async #read(): Promise<void> {
    while (!this.#isClosed) {
      // While the broker is away a read fails; the client comes back by itself.
      const messages = await this.consumer.recvBatch(100, 100).catch(() => []);
      for (const message of messages) {
        this.messages.push(message);
        await this.consumer.commitMessage(message, 'Sync');
      }
    }
  }
}
