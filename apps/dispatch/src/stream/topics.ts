import type { TopicName } from '@ridestream/ride-domain/events/topics';
import type { TopicSpec } from 'streaming-core/client/types';

export const GROUP_ID = 'dispatch';

/** What the group consumes, one partition number of all of them together. */
export const GROUP_TOPICS = [
  'RideRequests',
  'LocationUpdates',
  'DriverStatus',
  'RideEvents',
] as const satisfies readonly TopicName[];
export type GroupTopic = (typeof GROUP_TOPICS)[number];

export const isGroupTopic = (topic: string): topic is GroupTopic => (GROUP_TOPICS as readonly string[]).includes(topic);

/** Checkpoints of the group's state: compacted, key and partition are the number of the partition they describe. */
export const STATE_TOPIC = `${GROUP_ID}.state`;

/** Topics that belong to this group alone. Those of its dead letters are made with the first one. */
export const ownTopics = (zonePartitions: number): TopicSpec[] => [
  { name: STATE_TOPIC, partitions: zonePartitions, config: { 'cleanup.policy': 'compact' } },
];
