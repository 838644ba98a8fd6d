import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamRecord, TopicPartition } from 'streaming-core/client/types';
import { START_TIMEOUT_MS, startTarget, unique, type Target } from './target.ts';

let started: Target | undefined;
const clients: StreamClient[] = [];

/** Starts the cluster before the tests of a file and stops it after them; clients are closed after each test. */
export function useTarget(): void {
  beforeAll(async () => {
    started = await startTarget();
  }, START_TIMEOUT_MS);

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  }, 30_000);

  afterAll(async () => {
    await started?.stop();
  }, 30_000);
}

export function target(): Target {
  return started!;
}

export function newClient(options: { deliveryTimeoutMs?: number } = {}): StreamClient {
  const client = createStreamClient({ brokers: target().bootstrapServers, clientId: 'conformance', ...options });
  clients.push(client);
  return client;
}

export async function newTopic(client: StreamClient, partitions = 4): Promise<string> {
  const name = unique('topic');
  await client.admin().ensureTopics([{ name, partitions }]);
  return name;
}

export async function readAll(client: StreamClient, topic: string, partition: number): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  for await (const part of client.reader().readToEnd({ topic, partition })) records.push(...part);
  return records;
}

export const text = (record: StreamRecord): string | undefined => record.value?.toString();
export const idOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
