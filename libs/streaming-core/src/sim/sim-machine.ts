import path from 'node:path';
import { BrokerConfig } from '../broker/config.js';
import { TopicCatalog } from '../broker/topic-catalog.js';
import { TopicStore } from '../broker/topic-store.js';
import { parseTopicConfigs, type TopicConfigs } from '../log/log-config.js';
import type { Clock } from '../ports/clock.js';
import type { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Storage } from '../ports/storage.js';
import { LogDirectory, type LogDirectoryEvent } from '../replica/log-directory.js';
import type { FlushPolicy, Partition } from '../replica/partition.js';
import { invariant } from './record-model.js';
import type { SimulatedDisk } from './simulated-disk.js';

export const DATA = '/data';
/** Segments so small that a few records roll them. */
export const SMALL = { 'segment.bytes': '4096', 'index.interval.bytes': '300' };
const TOPICS: Readonly<Record<'plain' | 'kept' | 'idempotent' | 'commits', TopicConfigs>> = {
  plain: SMALL,
  kept: { ...SMALL, 'retention.bytes': '12000', 'segment.bytes': '3000' },
  idempotent: { ...SMALL, 'segment.ms': '60000' },
  commits: { ...SMALL, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.2', 'delete.retention.ms': '5000' },
};
export type TopicName = keyof typeof TOPICS;
export const NAMES = Object.keys(TOPICS) as TopicName[];
/** The topic with transactions. */
const LEDGER = 'ledger';
export const LEDGER_PARTITIONS = 2;
const LEDGER_CONFIGS: TopicConfigs = { ...SMALL, 'segment.ms': '60000' };

export interface SimMachine {
  readonly directory: LogDirectory;
  readonly partitions: Readonly<Record<TopicName, Partition>>;
  /** Null, and no ledger, where there is nothing but records. */
  readonly catalog: TopicCatalog | null;
  readonly ledger: readonly Partition[];
}

export interface StartOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly pid: number;
  readonly flush: FlushPolicy['mode'];
  readonly hasTopics: boolean;
  /** Topics may be missing. */
  readonly isFirst: boolean;
  readonly onEvent: (event: LogDirectoryEvent) => void;
}

/** What a broker does with its disk when it starts. @throws whatever the disk throws */
export function startMachine(options: StartOptions): SimMachine {
  const { storage, clock, random, pid, flush, onEvent } = options;
  const directory = new LogDirectory({
    directory: DATA,
    nodeId: 1,
    storage,
    clock,
    random,
    process: { pid, identityOf: (asked) => (asked === pid ? String(pid) : null) },
    flush: flush === 'interval' ? { mode: 'interval', intervalMs: 1000 } : { mode: flush },
    onEvent,
  });
  if (!options.hasTopics) {
    const open = (name: TopicName) => directory.open(name, 0, parseTopicConfigs(TOPICS[name]));
    return { directory, partitions: everyTopic(open), catalog: null, ledger: [] };
  }
  const catalog = new TopicCatalog(new BrokerConfig(), new TopicStore(storage, DATA), directory, random);
  catalog.load();
  const [offline] = catalog.offline();
  if (offline !== undefined) throw offline.reason;
  const open = (name: string, partitions: number, configs: TopicConfigs): readonly Partition[] => {
    const known = catalog.get(name);
    invariant(known !== undefined || options.isFirst, () => `topic ${name} is lost`);
    return (known ?? catalog.create({ name, partitions, configs })).partitions.map((partition) => partition!);
  };
  const partitions = everyTopic((name) => open(name, 1, TOPICS[name])[0]!);
  return { directory, partitions, catalog, ledger: open(LEDGER, LEDGER_PARTITIONS, LEDGER_CONFIGS) };
}

const everyTopic = (open: (name: TopicName) => Partition) => ({
  plain: open('plain'),
  kept: open('kept'),
  idempotent: open('idempotent'),
  commits: open('commits'),
});

/** The newest epoch in a partition's checkpoint, as the disk shows it between two machines; -1 if there is none. */
export function checkpointedEpoch(disk: SimulatedDisk, partition: string): number {
  const contents = disk.tree.file(path.join(DATA, partition, 'leader-epoch-checkpoint'))?.bytes();
  const epochs = (contents?.toString() ?? '').trimEnd().split('\n').slice(2);
  return epochs.reduce((newest, line) => Math.max(newest, Number(line.split(' ')[0])), -1);
}
