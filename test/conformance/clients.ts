/** What tests with kafkajs and @platformatic/kafka share. */
import type { Admin as PlatformaticAdmin } from '@platformatic/kafka';
import type { Admin as KafkaJsAdmin } from 'kafkajs';
import { unique, type Target } from './target.ts';

interface TopicConfig {
  readonly name: string;
  readonly value: string;
}

/** Options of all clients of @platformatic/kafka. */
export function platformaticOptions({ bootstrapServers }: Target, clientId: string) {
  return { clientId, bootstrapBrokers: [bootstrapServers], retries: 5 };
}

/** Creates a topic that no other test uses; gives its name. */
export async function topicByPlatformatic(
  admin: PlatformaticAdmin,
  prefix: string,
  partitions = 1,
  configs: readonly TopicConfig[] = [],
): Promise<string> {
  const topic = unique(prefix);
  await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: [...configs] });
  return topic;
}

/** Creates a topic that no other test uses; gives its name. */
export async function topicByKafkaJs(
  admin: KafkaJsAdmin,
  prefix: string,
  numPartitions = 1,
  configs: readonly TopicConfig[] = [],
): Promise<string> {
  const topic = unique(prefix);
  await admin.createTopics({
    topics: [{ topic, numPartitions, configEntries: [...configs] }],
    waitForLeaders: true,
  });
  return topic;
}
