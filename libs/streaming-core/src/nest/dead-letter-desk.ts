import type {
  OutgoingRecord,
  PartitionReader,
  StreamAdmin,
  StreamClient,
  StreamProducer,
  StreamRecord,
  TopicPartitionOffset,
} from '../client/types.js';
import { withoutRetryHeaders } from './retry-ladder.js';

const SUFFIX = '.dlq';
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'dlq-reason',
  'dlq-topic',
  'dlq-partition',
  'dlq-offset',
  'dlq-group',
  'dlq-attempts',
  'dlq-value-bytes',
  'dlq-merged',
]);
const MERGE_BATCH_RECORDS = 500;

export interface DeadLetterQueue {
  /** `<topic>.<group>.dlq` */
  readonly topic: string;
  readonly partitions: number;
  /** Letters that are kept now. */
  readonly letters: number;
}

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
  /** Calls of the handler that failed; 0 for a record that was refused. */
  readonly attempts: number;
  /** The group that could not handle it. */
  readonly groupId: string | null;
  /** Where it was read first; null if the letter does not say. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string } | null;
  /** The record as it was, with its own headers. */
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, string>;
  readonly timestamp: number;
  /** True if the value is only the beginning of the record's: read it at its origin. */
  readonly isCut: boolean;
}

export interface LetterRange {
  /** Default: all partitions. */
  readonly partition?: number;
  /** Letters before this offset of the partition. Default: all that are there now. */
  readonly before?: bigint;
}

export class DeadLetterError extends Error {
  override readonly name = 'DeadLetterError';
  constructor(
    readonly code: 'NO_SUCH_QUEUE' | 'NO_SUCH_LETTER' | 'NOT_A_QUEUE' | 'BAD_RANGE' | 'NO_ORIGIN',
    message: string,
  ) {
    super(message);
  }
}

/**
 * What operators do with dead letters, on any cluster and of any group: look, send back, throw away. Kafka deletes from the
 * front of a partition only, so a merge or purge takes all letters up to an offset.
 */
export class DeadLetterDesk {
  readonly #client: StreamClient;
  readonly #admin: StreamAdmin;
  #producer: Promise<StreamProducer> | undefined;

  constructor(client: StreamClient) {
    this.#client = client;
    this.#admin = client.admin();
  }

  /** The queues of one group, or all that this client may see. */
  async queues(groupId?: string): Promise<readonly DeadLetterQueue[]> {
    const suffix = groupId === undefined ? SUFFIX : `.${groupId}${SUFFIX}`;
    const topics = (await this.#admin.listTopics()).filter((topic) => topic.endsWith(suffix));
    const counts = await this.#admin.partitionCounts(topics);
    return this.#reading((reader) =>
      Promise.all(
        [...counts].map(async ([topic, partitions]) => {
          const letters = await Promise.all(
            Array.from({ length: partitions }, async (_, partition) => {
              const { first, end } = await reader.bounds({ topic, partition });
              return Number(end - first);
            }),
          );
          return { topic, partitions, letters: letters.reduce((sum, count) => sum + count, 0) };
        }),
      ),
    );
  }

  /** The newest letters of a queue, newest first; at most `limit`. @throws DeadLetterError */
  async list(topic: string, limit: number, { partition }: LetterRange = {}): Promise<readonly DeadLetter[]> {
    const partitions = await this.#partitions(topic, partition);
    return this.#reading(async (reader) => {
      let letters: DeadLetter[] = [];
      for (const number of partitions) {
        const at = { topic, partition: number };
        const { first, end } = await reader.bounds(at);
        const from = end - BigInt(limit) > first ? end - BigInt(limit) : first;
        for await (const records of reader.readToEnd(at, from)) letters.push(...records.map(toLetter));
        letters = letters.sort((a, b) => b.timestamp - a.timestamp).slice(0, limit);
      }
      return letters;
    });
  }

  /** One letter. @throws DeadLetterError */
  async show(topic: string, partition: number, offset: bigint): Promise<DeadLetter> {
    await this.#partitions(topic, partition);
    const found = await this.#find(topic, partition, offset);
    return toLetter(found);
  }

  /** Throws letters away. Gives how many. @throws DeadLetterError */
  async purge(topic: string, range: LetterRange = {}): Promise<number> {
    const ends = await this.#ends(topic, range);
    const reached = ends.filter(({ first, offset }) => offset > first);
    if (reached.length > 0) await this.#admin.deleteRecords(reached);
    return reached.reduce((sum, { first, offset }) => sum + Number(offset - first), 0);
  }

  /**
   * Sends letters back to where they came from, to be handled again, and throws them away once that is acknowledged. Each goes
   * to the topic and partition of its origin with its own key, value and headers. Other groups that read that topic get it
   * again, too. A crash in between sends some twice. Letters that are cut or do not say their origin stop the merge
   * before anything is sent. Gives how many were sent.
   * @throws DeadLetterError
   */
  async merge(topic: string, range: LetterRange = {}): Promise<number> {
    const ends = await this.#ends(topic, range);
    for (const end of ends) await this.#eachBatch(end, (records) => void records.map(toOrigin));
    let merged = 0;
    for (const end of ends) {
      await this.#eachBatch(end, async (records) => {
        await (await this.#sender()).send(records.map(toOrigin));
        const next = records.at(-1)!.offset + 1n;
        await this.#admin.deleteRecords([{ topic, partition: end.partition, offset: next }]);
        merged += records.length;
      });
    }
    return merged;
  }

  /** Sends one letter back and keeps it, because it may lie between others. @throws DeadLetterError */
  async resend(topic: string, partition: number, offset: bigint): Promise<void> {
    await this.#partitions(topic, partition);
    const record = await this.#find(topic, partition, offset);
    await (await this.#sender()).send([toOrigin(record)]);
  }

  async #find(topic: string, partition: number, offset: bigint): Promise<StreamRecord> {
    return this.#reading(async (reader) => {
      const { first, end } = await reader.bounds({ topic, partition });
      if (offset >= first && offset < end) {
        for await (const records of reader.readToEnd({ topic, partition }, offset)) {
          const found = records.find((record) => record.offset >= offset);
          if (found?.offset === offset) return found;
          if (found) break;
        }
      }
      throw new DeadLetterError('NO_SUCH_LETTER', `${topic}-${partition} keeps no letter ${offset}`);
    });
  }

  async #partitions(topic: string, wanted?: number): Promise<readonly number[]> {
    if (!topic.endsWith(SUFFIX)) throw new DeadLetterError('NOT_A_QUEUE', `${topic} is not a dead-letter topic`);
    const count = (await this.#admin.partitionCounts([topic])).get(topic);
    if (count === undefined) throw new DeadLetterError('NO_SUCH_QUEUE', `there is no topic ${topic}`);
    if (wanted === undefined) return Array.from({ length: count }, (_, partition) => partition);
    if (wanted >= count) throw new DeadLetterError('BAD_RANGE', `${topic} has ${count} partitions`);
    return [wanted];
  }

  /** Up to where letters are meant, per partition, as of now. */
  async #ends(topic: string, range: LetterRange): Promise<readonly (TopicPartitionOffset & { first: bigint })[]> {
    if (range.before !== undefined && range.partition === undefined) {
      throw new DeadLetterError('BAD_RANGE', 'an offset means letters of one partition: say which');
    }
    const partitions = await this.#partitions(topic, range.partition);
    return this.#reading((reader) =>
      Promise.all(
        partitions.map(async (partition) => {
          const { first, end } = await reader.bounds({ topic, partition });
          const offset = range.before !== undefined && range.before < end ? range.before : end;
          return { topic, partition, first, offset };
        }),
      ),
    );
  }

  async #eachBatch(
    { topic, partition, offset }: TopicPartitionOffset,
    work: (records: readonly StreamRecord[]) => Promise<void> | void,
  ): Promise<void> {
    await this.#reading(async (reader) => {
      for await (const records of reader.readToEnd({ topic, partition })) {
        const within = records.filter((record) => record.offset < offset);
        for (let from = 0; from < within.length; from += MERGE_BATCH_RECORDS) {
          await work(within.slice(from, from + MERGE_BATCH_RECORDS));
        }
        if (within.length < records.length) return;
      }
    });
  }

  async #reading<T>(work: (reader: PartitionReader) => Promise<T>): Promise<T> {
    const reader = this.#client.reader();
    try {
      return await work(reader);
    } finally {
      await reader.close();
    }
  }

  /** Not the application's: merging thousands must not hold up what it sends. */
  #sender(): Promise<StreamProducer> {
    if (!this.#producer) {
      this.#producer = this.#client.producer();
      this.#producer.catch(() => (this.#producer = undefined));
    }
    return this.#producer;
  }
}

function toLetter(record: StreamRecord): DeadLetter {
  const { topic, partition, offset, key, value, timestamp, headers } = record;
  return {
    ...{ topic, partition, offset, key, value, timestamp },
    reason: headers.get('dlq-reason') ?? 'not said',
    attempts: Number(headers.get('dlq-attempts') ?? 0) || 0,
    groupId: headers.get('dlq-group') ?? null,
    origin: originOf(record),
    headers: ownHeaders(headers),
    isCut: headers.has('dlq-value-bytes'),
  };
}

function originOf({ headers }: StreamRecord): DeadLetter['origin'] {
  const topic = headers.get('dlq-topic');
  const partition = headers.get('dlq-partition');
  const offset = headers.get('dlq-offset');
  if (topic === undefined || !/^\d{1,9}$/.test(partition ?? '') || !/^\d{1,19}$/.test(offset ?? '')) return null;
  return { topic, partition: Number(partition), offset: offset! };
}

/** @throws DeadLetterError if the letter does not hold the whole record or does not say whence it came */
function toOrigin(record: StreamRecord): OutgoingRecord {
  const { origin, key, value, headers, timestamp, isCut } = toLetter(record);
  const which = `${record.topic}-${record.partition}@${record.offset}`;
  if (!origin) throw new DeadLetterError('NO_ORIGIN', `${which} does not say where it came from`);
  if (isCut) {
    const whole = `${origin.topic}-${origin.partition}@${origin.offset}`;
    throw new DeadLetterError('NO_ORIGIN', `${which} holds only the beginning of ${whole}; purge it, or send that one`);
  }
  return {
    ...{ topic: origin.topic, partition: origin.partition, key, value, timestamp },
    headers: { ...Object.fromEntries(headers), 'dlq-merged': which },
  };
}

function ownHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...withoutRetryHeaders(headers)].filter(([name]) => !OWN_HEADERS.has(name)));
}
