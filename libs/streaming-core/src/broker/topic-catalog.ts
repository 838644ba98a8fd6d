import { InvalidTopicConfigError, parseTopicConfigs, type LogConfig } from '../log/log-config.js';
import { TOPIC_CONFIGS } from '../log/topic-configs.js';
import type { Random } from '../ports/random.js';
import { StorageError } from '../ports/storage.js';
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
  /** By partition index. Null is one that is offline: its log could not be opened, and it serves nobody until a later start. */
  readonly partitions: readonly (Partition | null)[];
}

/** A partition that the broker started without. */
export interface OfflinePartition {
  readonly topic: string;
  readonly index: number;
  readonly reason: unknown;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** What the catalog needs of the disk. */
export interface PartitionHost {
  /** Opens a partition, or creates it. What was created may be gone after a crash if nothing was acknowledged in it. */
  open(topic: string, partition: number, config: LogConfig): Partition;
  /** Closes the partitions in [from, to) and removes their directories, durably; those that there are. */
  remove(topic: string, from: number, to: number): void;
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
  readonly #offline: OfflinePartition[] = [];
  #partitionCount = 0;
  #version = 0;

  constructor(
    private readonly config: BrokerConfig,
    private readonly store: TopicStore,
    private readonly host: PartitionHost,
    private readonly random: Random,
  ) {}

  /** Counts the changes of names, ids and partition counts. */
  get version(): number {
    return this.#version;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Opens every partition that can be opened; finishes deletions that a crash interrupted. */
  load(): void {
    const stored = this.store.load();
    for (const { name, partitions } of stored?.deleting ?? []) this.#removeDirectories(name, partitions);
    for (const record of stored?.topics ?? [])
      this.#add(record, (index, config) => this.#openOrLeave(record, index, config));
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

  /** What {@link load} could not open, with the reason. */
  offline(): readonly OfflinePartition[] {
    return this.#offline;
  }

  /** @throws {TopicError} if the topic cannot be created */
  check(topic: NewTopic): void {
    const problem = topicNameProblem(topic.name);
    if (problem !== null) throw new TopicError('INVALID_TOPIC_EXCEPTION', problem);
    if (this.#topics.has(topic.name))
      throw new TopicError('TOPIC_ALREADY_EXISTS', `Topic '${topic.name}' already exists.`);
    const rival = this.#collision(topic.name);
    if (rival) {
      throw new TopicError('INVALID_TOPIC_EXCEPTION', `Topic '${topic.name}' collides with existing topic: ${rival}`);
    }
    if (topic.partitions < 1) throw new TopicError('INVALID_PARTITIONS', 'a topic has at least one partition');
    this.#checkRoom(topic.partitions);
    this.logConfig(topic.configs);
  }

  /** All or nothing: what cannot be opened is not there after a restart either. @throws {TopicError} */
  create(newTopic: NewTopic): Topic {
    this.check(newTopic);
    const { name, partitions } = newTopic;
    // What is left of an earlier topic of that name must be gone first: the next start would take the new one for it.
    if (this.#deleting.has(name)) {
      // That it goes may not be written down yet.
      this.#save(this.all().map(recordOf));
      this.#finishDeletion(name);
    }
    const record: TopicRecord = { ...newTopic, id: this.#newId() };
    this.#save([...this.all().map(recordOf), record]);
    try {
      return this.#add(record, (index, config) => this.host.open(name, index, config));
    } catch (error) {
      this.#deleting.set(name, partitions);
      this.#save(this.all().map(recordOf));
      this.#finishDeletion(name);
      throw error;
    }
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
    try {
      return this.#add(record, (index, config) =>
        index < topic.partitions.length ? topic.partitions[index]! : this.host.open(name, index, config),
      );
    } catch (error) {
      this.host.remove(name, topic.partitions.length, count);
      this.#save(this.all().map(recordOf));
      throw error;
    }
  }

  /** @throws {TopicError} */
  delete(name: string): void {
    const topic = this.#existing(name);
    if (topic.isInternal) throw new TopicError('INVALID_REQUEST', `Topic '${name}' is internal and cannot be deleted.`);
    this.#deleting.set(name, topic.partitions.length);
    try {
      this.#save(
        this.all()
          .filter((other) => other !== topic)
          .map(recordOf),
      );
    } catch (error) {
      if (!this.#outlivesDeletion(topic)) this.#forget(topic);
      throw error;
    }
    this.#forget(topic);
    this.#finishDeletion(name);
  }

  /** Gives a topic other configs: durable on return, and in force. @throws {TopicError} INVALID_CONFIG */
  setConfigs(name: string, configs: Readonly<Record<string, string>>): void {
    const topic = this.#existing(name);
    this.logConfig(configs);
    const record: TopicRecord = { ...recordOf(topic), configs };
    this.#save(this.all().map((other) => (other === topic ? record : recordOf(other))));
    this.#apply(topic, configs);
  }

  /** To be called when a default of the broker has changed. */
  refreshConfigs(): void {
    for (const topic of this.#topics.values()) this.#apply(topic, topic.configs);
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

  #apply(topic: Topic, configs: Readonly<Record<string, string>>): void {
    const config = this.logConfig(configs);
    for (const partition of topic.partitions) partition?.setConfig(config);
    const minInsyncReplicas = Number(this.#configValue(configs, 'min.insync.replicas'));
    const changed: Topic = { ...topic, configs, minInsyncReplicas };
    this.#topics.set(topic.name, changed);
    this.#byId.set(topic.id, changed);
  }

  #configValue(configs: Readonly<Record<string, string>>, name: string): string {
    return configs[name] ?? this.config.topicDefault(TOPIC_CONFIGS.find((config) => config.name === name)!);
  }

  /** A topic whose name differs in `.` and `_` alone: Kafka's metrics cannot tell them apart, so it refuses the second. */
  #collision(name: string): string | undefined {
    if (!/[._]/.test(name)) return undefined;
    const folded = name.replaceAll('.', '_');
    return [...this.#topics.keys()].find((other) => other.replaceAll('.', '_') === folded);
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

  /** One damaged log must not take the others down with it. */
  #openOrLeave({ name }: TopicRecord, index: number, config: LogConfig): Partition | null {
    try {
      return this.host.open(name, index, config);
    } catch (reason) {
      // A full disk is not that log's trouble: nothing could be served.
      if (reason instanceof StorageError && reason.code === 'DISK_FULL') throw reason;
      this.#offline.push({ topic: name, index, reason });
      return null;
    }
  }

  /** Makes a topic visible, in place of the one with that name if there is one. */
  #add(record: TopicRecord, open: (index: number, config: LogConfig) => Partition | null): Topic {
    const config = this.logConfig(record.configs);
    const partitions = Array.from({ length: record.partitions }, (_, index) => open(index, config));
    const topic: Topic = {
      ...record,
      isInternal: isInternalTopic(record.name),
      minInsyncReplicas: Number(this.#configValue(record.configs, 'min.insync.replicas')),
      partitions,
    };
    this.#partitionCount += partitions.length - (this.#topics.get(topic.name)?.partitions.length ?? 0);
    this.#topics.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    this.#version += 1;
    return topic;
  }

  #save(topics: StoredTopics['topics']): void {
    const deleting = [...this.#deleting].map(([name, partitions]) => ({ name, partitions }));
    this.store.save({ topics, deleting });
  }

  /**
   * After a deletion that could not be written down: whether the next start finds the topic for sure. If not, nobody may be told
   * from now on that it keeps a record.
   */
  #outlivesDeletion({ name, id, partitions }: Topic): boolean {
    this.#deleting.delete(name);
    try {
      const isUntouched = this.store.load()?.topics.some((stored) => stored.id === id) === true;
      if (!isUntouched) this.#save(this.all().map(recordOf));
      return true;
    } catch {
      this.#deleting.set(name, partitions.length);
      return false;
    }
  }

  #forget(topic: Topic): void {
    this.#topics.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#partitionCount -= topic.partitions.length;
    this.#version += 1;
  }

  /** Once it is written down that a topic goes. If this throws, the next `create` of that name or the next start tries again. */
  #finishDeletion(name: string): void {
    this.#removeDirectories(name, this.#deleting.get(name)!);
    this.#deleting.delete(name);
  }

  #removeDirectories(name: string, partitions: number): void {
    this.host.remove(name, 0, partitions);
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
