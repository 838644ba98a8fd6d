import { ConfigResourceTypes, ListOffsetTimestamps } from '@platformatic/kafka';
import { listOffsets, partitionCount, withAdmin, type BootstrapOptions, type ShowOptions } from './admin-session.js';
import { UsageError } from './command-error.js';
import { changeConfigs, ownConfigs } from './configs.js';
import { counted, printJson, printRows } from './output.js';

type Configs = Readonly<Record<string, string>>;

export async function listTopics(options: ShowOptions): Promise<void> {
  const topics = await withAdmin(options, (admin) => admin.listTopics());
  for (const topic of topics.sort()) {
    if (options.json) printJson({ topic });
    else console.log(topic);
  }
}

export async function createTopic(
  topic: string,
  options: ShowOptions & { readonly partitions: number; readonly config: Configs },
): Promise<void> {
  const configs = Object.entries(options.config).map(([name, value]) => ({ name, value }));
  const { partitions } = options;
  const [created] = await withAdmin(options, (admin) =>
    admin.createTopics({ topics: [topic], partitions, replicas: -1, configs }),
  );
  if (options.json) printJson({ topic, id: created?.id, partitions });
  else console.log(`created ${topic} with ${counted(partitions, 'partition')}`);
}

export async function deleteTopic(topic: string, options: BootstrapOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    await partitionCount(admin, topic);
    await admin.deleteTopics({ topics: [topic] });
  });
  console.log(`deleted ${topic}`);
}

export async function alterTopic(
  topic: string,
  options: BootstrapOptions & {
    readonly partitions?: number;
    readonly config: Configs;
    readonly deleteConfig: readonly string[];
  },
): Promise<void> {
  const { partitions: count, config, deleteConfig } = options;
  const changesConfigs = Object.keys(config).length + deleteConfig.length > 0;
  if (count === undefined && !changesConfigs) {
    throw new UsageError('nothing to alter: give --partitions, --config or --delete-config');
  }
  await withAdmin(options, async (admin) => {
    if (changesConfigs) await changeConfigs(admin, { type: 'topic', name: topic }, config, deleteConfig);
    if (count !== undefined) await admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] });
  });
  console.log(`altered ${topic}`);
}

export async function describeTopic(topic: string, options: ShowOptions): Promise<void> {
  await withAdmin(options, async (admin) => {
    await partitionCount(admin, topic);
    const metadata = await admin.metadata({ topics: [topic] });
    const { id, partitions } = metadata.topics.get(topic)!;
    const indexes = partitions.map((_, index) => index);
    const [first, end] = await Promise.all([
      listOffsets(admin, topic, indexes, ListOffsetTimestamps.EARLIEST),
      listOffsets(admin, topic, indexes, ListOffsetTimestamps.LATEST),
    ]);
    const rows = partitions.map(({ leader, leaderEpoch, replicas }, partition) => ({
      partition,
      leader,
      epoch: leaderEpoch,
      replicas,
      first: first.get(partition) ?? null,
      end: end.get(partition) ?? null,
    }));
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
    });
    const configs = described?.configs ?? [];
    if (options.json) {
      const own = ownConfigs('topic', configs).map(({ name, value }) => [name, value] as const);
      printJson({ topic, id, partitions: rows, configs: Object.fromEntries(own) });
      return;
    }
    printRows(rows, { json: false, heading: ['partition', 'leader', 'epoch', 'replicas', 'first', 'end'] });
    console.log('');
    const shown = configs.map(({ name, value }) => ({ config: name, value }));
    printRows(shown, { json: false, heading: ['config', 'value'] });
  });
}
