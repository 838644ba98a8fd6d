/** A log in memory for unit tests, with faults on demand: what a producer and a reader see of it. */
import type {
  OutgoingRecord,
  PartitionReader,
  StreamProducer,
  StreamRecord,
  TopicPartition,
} from 'streaming-core/client/types';

export type SendFault = 'lost' | 'written';

export class MemoryLog {
  private readonly partitions = new Map<string, StreamRecord[]>();
  /** Sends that fail: before the log has them, or after. */
  readonly faults: SendFault[] = [];
  /** While set, sends wait for it. */
  gate: Promise<void> | undefined;
  sends = 0;

  readonly producer: StreamProducer = {
    send: async (records) => {
      this.sends++;
      await this.gate;
      const fault = this.faults.shift();
      if (fault !== 'lost') for (const record of records) this.append(record);
      if (fault !== undefined) throw new Error(`send failed (${fault})`);
    },
    close: () => Promise.resolve(),
  };

  readonly reader: PartitionReader = {
    readToEnd: (place, from) => this.read(place, from ?? 0n),
    bounds: (place) => Promise.resolve({ first: 0n, end: BigInt(this.records(place).length) }),
    offsetAt: () => Promise.reject(new Error('not needed here')),
    follow: () => Promise.reject(new Error('not needed here')),
    close: () => Promise.resolve(),
  };

  append({ topic, partition = 0, key, value, headers = {} }: OutgoingRecord): void {
    const records = this.records({ topic, partition });
    records.push({
      topic,
      partition,
      offset: BigInt(records.length),
      timestamp: 0,
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: new Map(Object.entries(headers)),
    });
  }

  records({ topic, partition }: TopicPartition): StreamRecord[] {
    const place = `${topic}-${partition}`;
    const records = this.partitions.get(place) ?? [];
    this.partitions.set(place, records);
    return records;
  }

  texts(topic: string, partition = 0): string[] {
    return this.records({ topic, partition }).map(({ value }) => value?.toString('utf8') ?? '');
  }

  types(topic: string, partition = 0): string[] {
    return this.texts(topic, partition).map((text) => (JSON.parse(text) as { type: string }).type);
  }

  private async *read(place: TopicPartition, from: bigint): AsyncIterable<readonly StreamRecord[]> {
    const end = this.records(place).length;
    for (let at = Number(from); at < end; at += 2) {
      await Promise.resolve();
      yield this.records(place).slice(at, Math.min(end, at + 2));
    }
  }
}
