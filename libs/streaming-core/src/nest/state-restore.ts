import type { StreamClient } from '../client/types.js';
import { tryDecode } from './event-runner.js';
import type { AssignmentContext } from './stream-consumer.decorators.js';
import type { SendOptions, Topic, TopicOptions } from './topic.js';
import { defineCompactedTopic } from './topic.js';

/**
 * The compacted topic `<group>.state` in which a group keeps its state: one record per entity, in the partition of the events
 * that made it. Restore it in an `@OnPartitionsAssigned` hook; write to it with {@link inPartition}.
 */
export function defineStateTopic<Input, Output>(
  options: Omit<TopicOptions<Input, Output>, 'name' | 'key'> & {
    readonly groupId: string;
    readonly key: (state: Output) => string;
  },
): Topic<Input, Output | null> {
  const { groupId, ...rest } = options;
  return defineCompactedTopic({ ...rest, name: `${groupId}.state` });
}

/** The partition of the event that changed the state. */
export function inPartition(partition: number): SendOptions {
  return { partition };
}

/** See {@link AssignmentContext.restore}. */
export function stateRestorer(
  client: StreamClient,
  signal: AbortSignal,
  warn: (message: string, error: unknown) => void,
): AssignmentContext['restore'] {
  return async (topic, partition, apply) => {
    const reader = client.reader();
    let applied = 0;
    try {
      for await (const records of reader.readToEnd({ topic: topic.name, partition })) {
        if (signal.aborted) throw new Error('stopped while restoring state');
        for (const record of records) {
          const decoded = await tryDecode(() => topic.decode(record));
          if (record.key === null || !decoded.ok) {
            const reason = decoded.ok ? 'the record has no key' : decoded.reason;
            warn(`state ${topic.name}-${partition}@${record.offset} is passed over`, reason);
            continue;
          }
          await apply(record.key, decoded.event as Parameters<typeof apply>[1]);
          applied++;
        }
      }
    } finally {
      await reader.close();
    }
    return applied;
  };
}
