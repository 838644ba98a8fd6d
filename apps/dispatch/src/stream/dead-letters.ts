import type { StreamProducer, StreamRecord } from 'streaming-core/client/types';
import { deadLetterTopic, GROUP_ID, type GroupTopic } from './topics.js';

export interface DeadLetter {
  readonly record: StreamRecord;
  readonly reason: string;
}

/**
 * Puts records that no event could be read from where operators find them: key, value and headers as they were, and headers
 * that say where they came from and why they are here. Resolves when the log has them, so that their offsets may be committed.
 */
export async function writeDeadLetters(
  producer: StreamProducer,
  topic: GroupTopic,
  letters: readonly DeadLetter[],
): Promise<void> {
  if (letters.length === 0) return;
  await producer.send(
    letters.map(({ record, reason }) => ({
      topic: deadLetterTopic(topic),
      partition: 0,
      key: record.key,
      value: record.value,
      timestamp: record.timestamp,
      headers: {
        ...Object.fromEntries(record.headers),
        'dlq-group': GROUP_ID,
        'dlq-topic': record.topic,
        'dlq-partition': String(record.partition),
        'dlq-offset': String(record.offset),
        'dlq-reason': reason,
      },
    })),
  );
}
