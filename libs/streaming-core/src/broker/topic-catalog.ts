import { InvalidTopicConfigError, parseTopicConfigs, TOPIC_CONFIGS, type LogConfig } from '../log/log-config.js';
import type { Random } from '../ports/random.js';
import type { Partition } from '../replica/partition.js';
import type { KafkaErrorName } from '../wire/error-codes.js';
import type { BrokerConfig } from './config.js';
import { isInternalTopic, topicNameProblem } from './topic-name.js';
import type { StoredTopics, TopicRecord, TopicStore } from './topic-store.js';

export interface Topic {
  readonly name: string;
  readonly id: string;
  readonly isInternal: boolean;
  /** Only what differs from the broker's defaults. */
  readonly configs: Readonly<Record<string, string>>;
  readonly minInsyncReplicas: number;
  /** By partition index. */
  readonly partitions: readonly Partition[];
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** What the catalog needs of the disk. */
export interface PartitionHost {
  /** Opens or creates a partition, durably. */
  open(topic: string, partition: number, config: LogConfig): Partition;
  /** Closes a partition and removes its directory, durably; nothing happens if there is none. */
  remove(topic: string, partition: number): void;
}

/** Why a topic cannot be created, changed or deleted: the protocol's error with a sentence. */
export class TopicError extends Error {
  override readonly name = 'TopicError';
  constructor(
    readonly code: KafkaErrorName,
    message: string,
  ) {
    super(message);
  }
}

/** The topics of the cluster with their partitions. Every change is durable before it is visible. */
export class TopicCatalog {
  readonly #topics = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #deleting = new Map<string, number>();
  #partitionCount = 0;

  constructor(
    private readonly config: BrokerConfig,
    private readonly store: TopicStore,
    private readonly host: PartitionHost,
    private readonly random: Random,
  ) {}

  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Opens every partition; finishes deletions that a crash interrupted. */
  load(): void {
    const stored = this.store.load();
    for (const { name, partitions } of stored?.deleting ?? []) this.#removeDirectories(name, partitions);
    for (const record of stored?.topics ?? []) this.#open(record);
    if (stored && stored.deleting.length > 0) this.#save([...this.#topics.values()].map(recordOf));
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  all(): readonly Topic[] {
    return [...this.#topics.values()];
  }

  *partitions(): IterableIterator<Partition> {
    for (const topic of this.#topics.values()) yield* topic.partitions;
  }

  /** @throws {TopicError} if the topic cannot be created */
  check(topic: NewTopic): void {
    const problem = topicNameProblem(topic.name);
    if (problem !== null) throw new TopicError('INVALID_TOPIC_EXCEPTION', problem);
    if (this.#topics.has(topic.name))
      throw new TopicError('TOPIC_ALREADY_EXISTS', `Topic '${topic.name}' already exists.`);
    if (topic.partitions < 1) throw new TopicError('INVALID_PARTITIONS', 'a topic has at least one partition');
    this.#checkRoom(topic.partitions);
    this.logConfig(topic.configs);
  }

  /** @throws {TopicError} */
  create(newTopic: NewTopic): Topic {
    this.check(newTopic);
    const record: TopicRecord = { ...newTopic, id: this.#newId() };
    this.#save([...this.all().map(recordOf), record]);
    return this.#open(record);
  }

  /** @throws {TopicError} if the count does not grow, or grows too far */
  checkPartitions(name: string, count: number): Topic {
    const topic = this.#existing(name);
    const present = topic.partitions.length;
    if (count <= present) {
      throw new TopicError(
        'INVALID_PARTITIONS',
        `Topic '${name}' has ${present} partitions already; the number can only grow.`,
      );
    }
    this.#checkRoom(count - present);
    return topic;
  }

  /** @throws {TopicError} */
  addPartitions(name: string, count: number): Topic {
    const topic = this.checkPartitions(name, count);
    const record: TopicRecord = { ...recordOf(topic), partitions: count };
    this.#save(this.all().map((other) => (other === topic ? record : recordOf(other))));
    this.#partitionCount -= topic.partitions.length;
    return this.#open(record, topic.partitions);
  }

  /** @throws {TopicError} */
  delete(name: string): void {
    const topic = this.#existing(name);
    if (topic.isInternal) throw new TopicError('INVALID_REQUEST', `Topic '${name}' is internal and cannot be deleted.`);
    this.#deleting.set(name, topic.partitions.length);
    this.#topics.delete(name);
    this.#byId.delete(topic.id);
    this.#partitionCount -= topic.partitions.length;
    this.#save(this.all().map(recordOf));
    this.#removeDirectories(name, topic.partitions.length);
    this.#deleting.delete(name);
  }

  /** A topic's configs over the broker's defaults. @throws {TopicError} INVALID_CONFIG */
  logConfig(configs: Readonly<Record<string, string>>): LogConfig {
    const defaults = TOPIC_CONFIGS.map((config) => [config.name, this.config.topicDefault(config)] as const);
    try {
      return parseTopicConfigs({ ...Object.fromEntries(defaults), ...configs });
    } catch (error) {
      if (error instanceof InvalidTopicConfigError) throw new TopicError('INVALID_CONFIG', error.message);
      throw error;
    }
  }

  #configValue(configs: Readonly<Record<string, string>>, name: string): string {
    return configs[name] ?? this.config.topicDefault(TOPIC_CONFIGS.find((config) => config.name === name)!);
  }

  #existing(name: string): Topic {
    const topic = this.#topics.get(name);
    if (!topic) throw new TopicError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${name}' does not exist.`);
    return topic;
  }

  #checkRoom(more: number): void {
    const max = this.config.number('max.partitions');
    if (this.#partitionCount + more <= max) return;
    throw new TopicError('POLICY_VIOLATION', `This broker holds at most ${max} partitions (max.partitions).`);
  }

  #open(record: TopicRecord, present: readonly Partition[] = []): Topic {
    const config = this.logConfig(record.configs);
    const partitions = Array.from(
      { length: record.partitions },
      (_, index) => present[index] ?? this.host.open(record.name, index, config),
    );
    const topic: Topic = {
      ...record,
      isInternal: isInternalTopic(record.name),
      minInsyncReplicas: Number(this.#configValue(record.configs, 'min.insync.replicas')),
      partitions,
    };
    this.#topics.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    this.#partitionCount += partitions.length;
    return topic;
  }

  #save(topics: StoredTopics['topics']): void {
    const deleting = [...this.#deleting].map(([name, partitions]) => ({ name, partitions }));
    this.store.save({ topics, deleting });
  }

  #removeDirectories(name: string, partitions: number): void {
    for (let index = 0; index < partitions; index++) this.host.remove(name, index);
  }

  #newId(): string {
    for (;;) {
      const id = this.random.bytes(16).toString('base64url');
      // A leading dash reads like an option on a command line; Kafka avoids it too.
      if (!id.startsWith('-') && !this.#byId.has(id)) return id;
    }
  }
}

function recordOf({ name, id, partitions, configs }: Topic): TopicRecord {
  return { name, id, partitions: partitions.length, configs };
}
