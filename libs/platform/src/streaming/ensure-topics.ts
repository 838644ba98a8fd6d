import { TOPICS } from '@ridestream/ride-domain/events/topics';
import type { StreamAdmin } from 'streaming-core/client/types';

/** Creates the platform's topics where they are missing. Any service may call it, at the same time as others. */
export async function ensurePlatformTopics(admin: StreamAdmin, zonePartitions: number): Promise<void> {
  await admin.ensureTopics(
    Object.values(TOPICS).map(({ name, partitioning, config }) => ({
      name,
      partitions: partitioning === 'zone' ? zonePartitions : 1,
      config,
    })),
  );
}
