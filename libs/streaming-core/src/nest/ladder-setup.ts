import { Backoff, delay } from '../client/backoff.js';
import { StreamClientError, type StreamAdmin } from '../client/types.js';
import { retryTopic } from './retry-ladder.js';

const TOPIC_PATIENCE_MS = 10_000;

/**
 * Creates the ladder's topics where they are missing, each with the partitions of its origin.
 * @throws StreamClientError `TOPIC_MISMATCH` if an origin does not exist, or a rung has other partitions than its origin
 */
export async function createLadder(
  admin: StreamAdmin,
  groupId: string,
  topics: readonly string[],
  rungs: number,
): Promise<void> {
  if (rungs === 0) return;
  const counts = await originCounts(admin, topics);
  const specs = topics.flatMap((topic) =>
    Array.from({ length: rungs }, (_, index) => ({
      name: retryTopic(topic, groupId, index + 1),
      partitions: counts.get(topic)!,
    })),
  );
  await admin.ensureTopics(specs);
}

async function originCounts(admin: StreamAdmin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const deadlineMs = Date.now() + TOPIC_PATIENCE_MS;
  const backoff = new Backoff(50, 500);
  for (;;) {
    const counts = await admin.partitionCounts(topics);
    const missing = topics.filter((topic) => !counts.has(topic));
    if (missing.length === 0) return counts;
    if (Date.now() >= deadlineMs) {
      const names = missing.join(', ');
      throw new StreamClientError(
        'TOPIC_MISMATCH',
        `no such topic: ${names}. Create it, or define it with partitions.`,
      );
    }
    await delay(backoff.nextMs());
  }
}
