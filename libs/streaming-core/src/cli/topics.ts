import { ConfigResourceTypes, ListOffsetTimestamps, type Admin } from '@platformatic/kafka';
import { table, withAdmin, type BootstrapOptions } from './admin-session.js';

export async function listTopics(options: BootstrapOptions): Promise<void> {
  const topics = await withAdmin(options, (admin) => admin.listTopics());
  for (const topic of topics.sort()) console.log(topic);
}

export async function createTopic(
  topic: string,
  options: BootstrapOptions & { readonly partitions: number; readonly config: Readonly<Record<string, string>> },
): Promise<void> {
  const configs = Object.entries(options.config).map(([name, value]) => ({ name, value }));
  await withAdmin(options, (admin) =>
    admin.createTopics({ topics: [topic], partitions: options.partitions, replicas: -1, configs }),
  );
  console.log(`created ${topic} with ${options.partitions} partitions`);
}

export async function deleteTopic(topic: string, options: BootstrapOptions): Promise<void> {
  await withAdmin(options, (admin) => admin.deleteTopics({ topics: [topic] }));
  console.log(`deleted ${topic}`);
}

export async function describeTopic(topic: string, options: BootstrapOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    const metadata = await admin.metadata({ topics: [topic] });
    const partitions = metadata.topics.get(topic)?.partitions ?? [];
    const [first, end] = await Promise.all([
      offsets(admin, topic, partitions.length, ListOffsetTimestamps.EARLIEST),
      offsets(admin, topic, partitions.length, ListOffsetTimestamps.LATEST),
    ]);
    const rows = partitions.map(({ leader, leaderEpoch, replicas }, index) => [
      index,
      leader,
      leaderEpoch,
      replicas.join(','),
      first.get(index) ?? '?',
      end.get(index) ?? '?',
    ]);
    console.log(table(['PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'FIRST', 'END'], rows));
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
    });
    const configs = described?.configs ?? [];
    console.log(
      `\n${table(
        ['CONFIG', 'VALUE'],
        configs.map(({ name, value }) => [name, value ?? '']),
      )}`,
    );
  });
}

async function offsets(admin: Admin, topic: string, count: number, timestamp: bigint): Promise<Map<number, bigint>> {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
  const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
  return new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]) ?? []);
}
