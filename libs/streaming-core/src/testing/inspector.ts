import { setTimeout as sleep } from 'node:timers/promises';
import type { Topic } from '../broker/topic-catalog.js';
import type { Partition } from '../replica/partition.js';
import { partitionOfKey } from '../client/murmur2.js';
import { ERROR, errorName } from '../wire/error-codes.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import type { DirectClient } from './direct-client.js';
import type { GroupControl, TestGroup } from './group-control.js';
import { readPartition, type ReadOptions, type TestRecord } from './test-records.js';

const PRODUCE = 0;
const OFFSET_FETCH = 9;
const WAIT_MS = 10_000;
const ASK_AGAIN_MS = 5;
/** Lag above which offsets are subtracted; below, records are counted, because markers and compaction leave gaps. */
const COUNTED_LAG_MAX = 1_000;

export interface SeedRecord {
  readonly key?: string | Uint8Array | null;
  /** Bytes and text as they are, null is a tombstone, all else as JSON. */
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: by the key, as Kafka's Java client does; without a key the partitions in turn. */
  readonly partition?: number;
  /** Default: the broker's time. */
  readonly timestampMs?: number;
}

export interface TestTopicInfo {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
  /** Only what differs from the broker's defaults. */
  readonly config: Readonly<Record<string, string>>;
}

export type WaitCondition =
  /** A group has at most so many records to read: in `topic`, or in all topics that it has committed offsets for. */
  | { readonly group: string; readonly lag: number; readonly topic?: string }
  /** A group is stable with so many members. */
  | { readonly group: string; readonly members: number }
  /** A topic has at least so many records. */
  | { readonly topic: string; readonly records: number };

export interface InspectedBroker {
  topics(): readonly Topic[];
  nowMs(): number;
}

/** What a test wants to see of a broker, and put into it, without a client of its own. No fault strikes these. */
export class Inspector {
  #turn = 0;

  constructor(
    private readonly broker: InspectedBroker,
    private readonly client: DirectClient,
    private readonly groups: GroupControl,
  ) {}

  topics(): TestTopicInfo[] {
    return this.broker
      .topics()
      .filter(({ isInternal }) => !isInternal)
      .map(({ name, id, partitions, configs }) => ({ name, id, partitions: partitions.length, config: configs }));
  }

  /** Every record of a topic or of one of its partitions now, partition by partition. */
  async records(topic: string, options: ReadOptions & { readonly partition?: number } = {}): Promise<TestRecord[]> {
    const { partition: only } = options;
    const found: TestRecord[] = [];
    for (const [index, partition] of this.#topic(topic).partitions.entries()) {
      if (only !== undefined && index !== only) continue;
      found.push(...(await readPartition(this.client, topic, index, partition?.startOffset ?? 0n, options)));
    }
    return found;
  }

  /** Writes records, acknowledged by all; resolves to where each lies. */
  async produce(
    topic: string,
    records: readonly (SeedRecord | string)[],
  ): Promise<{ readonly partition: number; readonly offset: number }[]> {
    const { partitions } = this.#topic(topic);
    const placed = records.map((record) => this.#place(record, partitions.length));
    const offsets = new Map<number, number>();
    for (const partition of new Set(placed.map((each) => each.partition))) {
      const batch = encodeBatch({ records: placed.filter((each) => each.partition === partition) });
      offsets.set(partition, await this.#append(topic, partition, batch));
    }
    return placed.map(({ partition }) => {
      const offset = offsets.get(partition)!;
      offsets.set(partition, offset + 1);
      return { partition, offset };
    });
  }

  /** Committed offsets of a group: `{ orders: { 0: 12, 2: 7 } }`. */
  async committed(group: string): Promise<Record<string, Record<number, number>>> {
    const { topics } = await this.client.ask(OFFSET_FETCH, 5, { groupId: group, topics: null });
    return Object.fromEntries(
      topics.map(({ name, partitions }) => [
        name,
        Object.fromEntries(
          partitions
            .filter(({ committedOffset }) => committedOffset >= 0n)
            .map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
        ),
      ]),
    );
  }

  group(group: string): Promise<TestGroup> {
    return this.groups.describe(group);
  }

  /** Resolves when it is so. Rejects after `timeoutMs` of real time, default 10 s, with what there was instead. */
  async waitFor(condition: WaitCondition, { timeoutMs = WAIT_MS } = {}): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const missing = await this.#missing(condition);
      if (missing === null) return;
      if (performance.now() > deadline) {
        throw new Error(`still waiting after ${timeoutMs} ms for ${JSON.stringify(condition)}: ${missing}`);
      }
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** What keeps a condition from being met, or null. */
  async #missing(condition: WaitCondition): Promise<string | null> {
    if ('lag' in condition) return this.#lagging(condition.group, condition.topic, condition.lag);
    if ('members' in condition) {
      const { state, members } = await this.groups.describe(condition.group);
      const isMet = members.length === condition.members && (state === 'Stable' || members.length === 0);
      return isMet ? null : `the group is ${state} with ${members.length} members`;
    }
    if (this.#find(condition.topic) === undefined) return 'there is no such topic';
    const { length } = await this.records(condition.topic);
    return length >= condition.records ? null : `there are ${length} records`;
  }

  async #lagging(group: string, topic: string | undefined, lagMax: number): Promise<string | null> {
    const committed = await this.committed(group);
    const topics = topic === undefined ? Object.keys(committed) : [topic];
    if (topics.length === 0) return 'the group has committed nothing';
    const lags: string[] = [];
    let total = 0;
    for (const name of topics) {
      for (const [index, partition] of (this.#find(name)?.partitions ?? []).entries()) {
        if (partition === null) continue;
        const lag = await this.#lag(partition, committed[name]?.[index] ?? Number(partition.startOffset));
        total += lag;
        if (lag > 0) lags.push(`${name}-${index} lags by ${lag}`);
      }
    }
    return total <= lagMax ? null : lags.join(', ');
  }

  async #lag({ topic, index, startOffset, highWatermark }: Partition, from: number): Promise<number> {
    const behind = Number(highWatermark) - from;
    if (behind <= 0 || behind > COUNTED_LAG_MAX) return Math.max(0, behind);
    return (await readPartition(this.client, topic, index, startOffset, { fromOffset: from })).length;
  }

  #place(record: SeedRecord | string, partitionCount: number) {
    const {
      key,
      value,
      headers = {},
      partition,
      timestampMs,
    }: SeedRecord = typeof record === 'string' ? { value: record } : record;
    const keyBytes = key === undefined ? null : bytesOf(key);
    return {
      partition: partition ?? this.#choose(keyBytes, partitionCount),
      timestamp: BigInt(timestampMs ?? this.broker.nowMs()),
      key: keyBytes,
      value: bytesOf(value),
      headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: Buffer.from(text) })),
    };
  }

  #choose(key: Uint8Array | null, partitionCount: number): number {
    if (key === null) return this.#turn++ % partitionCount;
    return partitionOfKey(key, partitionCount);
  }

  async #append(name: string, index: number, records: Buffer): Promise<number> {
    const topicData = [{ name, partitionData: [{ index, records }] }];
    const { responses } = await this.client.ask(PRODUCE, 8, { acks: -1, timeoutMs: WAIT_MS, topicData });
    const { errorCode, errorMessage, baseOffset } = responses[0]!.partitionResponses[0]!;
    if (errorCode === ERROR.NONE) return Number(baseOffset);
    throw new Error(`cannot write to ${name}-${index}: ${errorName(errorCode)} ${errorMessage ?? ''}`);
  }

  #find(name: string): Topic | undefined {
    return this.broker.topics().find((topic) => topic.name === name);
  }

  #topic(name: string): Topic {
    const topic = this.#find(name);
    if (topic === undefined) {
      throw new Error(
        `there is no topic ${name}: name it in startTestBroker({ topics }), or let a client create it first`,
      );
    }
    return topic;
  }
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}
