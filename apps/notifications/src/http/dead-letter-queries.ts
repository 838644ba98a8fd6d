import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import type { PartitionReader, StreamAdmin, StreamClient, StreamRecord } from 'streaming-core/client/types';
import { deadLetterTopic } from 'streaming-core/nest/dead-letters';
import { InjectStreamClient } from 'streaming-core/nest/stream-consumer.decorators';
import { GROUP_ID } from '../stream/redelivery.js';

export interface DeadLetterView {
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
  /** Where the record was read: topic-partition@offset. */
  readonly origin: string;
  readonly key: string | null;
  /** As text, shortened; null for a tombstone. */
  readonly value: string | null;
  /** When the record was written, wall clock. */
  readonly writtenAt: string;
}

const VALUE_CHARS_MAX = 2_000;

/** Looks into the group's dead letters, as anybody with a Kafka tool could. */
@Injectable()
export class DeadLetterQueries implements OnModuleDestroy {
  private readonly admin: StreamAdmin;
  private readonly reader: PartitionReader;

  constructor(@InjectStreamClient() client: StreamClient) {
    this.admin = client.admin();
    this.reader = client.reader();
  }

  async onModuleDestroy(): Promise<void> {
    await this.reader.close();
    await this.admin.close();
  }

  /** Newest first. Reads at most `limit` records of each partition. */
  async latest(limit: number): Promise<DeadLetterView[]> {
    const topic = deadLetterTopic(TOPICS.RideEvents.name, GROUP_ID);
    const partitions = (await this.admin.partitionCounts([topic])).get(topic) ?? 0;
    let letters: { readonly timestamp: number; readonly view: DeadLetterView }[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const { first, end } = await this.reader.bounds({ topic, partition });
      const from = end - BigInt(limit);
      for await (const records of this.reader.readToEnd({ topic, partition }, from > first ? from : first)) {
        letters.push(...records.map((record) => ({ timestamp: record.timestamp, view: toView(record) })));
      }
      letters = letters.sort((a, b) => b.timestamp - a.timestamp).slice(0, limit);
    }
    return letters.map(({ view }) => view);
  }
}

function toView({ partition, offset, key, value, headers, timestamp }: StreamRecord): DeadLetterView {
  const text = value?.toString('utf8', 0, VALUE_CHARS_MAX * 4) ?? null;
  return {
    partition,
    offset: offset.toString(),
    reason: headers.get('dlq-reason') ?? 'not said',
    origin: `${headers.get('dlq-topic') ?? '?'}-${headers.get('dlq-partition') ?? '?'}@${headers.get('dlq-offset') ?? '?'}`,
    key,
    value: text !== null && text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text,
    writtenAt: new Date(timestamp).toISOString(),
  };
}
