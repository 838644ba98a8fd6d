import type { TopicPartition } from './types.js';

/** A partition's name in messages, and its key in maps. */
export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
