import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamProducer } from 'streaming-core/client/types';
import { until } from './until.ts';

const TOPIC = 'ledger';
const PARTITIONS = 3;
/** Sends under way at a time: some of them are always on the wire when the broker dies. */
const IN_FLIGHT = 60;
const LIST_MAX = 10;

export interface LedgerReport {
  readonly sent: number;
  readonly acknowledged: number;
  /** Records in the log. */
  readonly found: number;
  /** Acknowledged and not in the log. The lists hold the first ten. */
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
  /** Records that lie before one that was sent earlier to the same partition. */
  readonly outOfOrder: readonly string[];
}

/** Writes numbered records as fast as the broker acknowledges them, remembers which were, and compares with the log. */
export class Ledger {
  private readonly sentTo = new Array<number>(PARTITIONS).fill(0);
  private readonly acks = new Set<string>();
  private readonly failures: unknown[] = [];
  private writers: Promise<void>[] = [];
  private isWriting = false;

  private constructor(
    private readonly client: StreamClient,
    private readonly producer: StreamProducer,
  ) {}

  static async open(brokers: string): Promise<Ledger> {
    const client = createStreamClient({ brokers, clientId: 'ledger' });
    const admin = client.admin();
    await admin.ensureTopics([{ name: TOPIC, partitions: PARTITIONS }]);
    await admin.close();
    return new Ledger(client, await client.producer());
  }

  get acknowledged(): number {
    return this.acks.size;
  }

  begin(): void {
    this.isWriting = true;
    this.writers = Array.from({ length: IN_FLIGHT }, (_, writer) => this.write(writer % PARTITIONS));
  }

  /** Stops writing, waits for the last acknowledgement, reads the log and compares. */
  async settle(): Promise<LedgerReport> {
    this.isWriting = false;
    let areDone = false;
    void Promise.all(this.writers).then(() => (areDone = true));
    await until('every send to be acknowledged', () => areDone, {
      seen: () => `${this.acks.size} acknowledgements`,
    });
    if (this.failures.length > 0) throw new Error('a send failed', { cause: this.failures[0] });
    const sent = this.sentTo.reduce((sum, count) => sum + count, 0);
    return { sent, acknowledged: this.acks.size, ...(await this.compare()) };
  }

  async close(): Promise<void> {
    this.isWriting = false;
    await this.client.close();
  }

  private async write(partition: number): Promise<void> {
    while (this.isWriting) {
      const name = nameOf(partition, this.sentTo[partition]!++);
      try {
        await this.producer.send([{ topic: TOPIC, partition, key: name, value: name }]);
        this.acks.add(name);
      } catch (error) {
        this.failures.push(error);
        return;
      }
    }
  }

  private async compare(): Promise<Pick<LedgerReport, 'found' | 'missing' | 'doubled' | 'outOfOrder'>> {
    const seen = new Set<string>();
    const doubled: string[] = [];
    const outOfOrder: string[] = [];
    let found = 0;
    const reader = this.client.reader();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      let last = -1;
      for await (const records of reader.readToEnd({ topic: TOPIC, partition })) {
        for (const { key, value } of records) {
          const name = value?.toString() ?? '';
          const number = Number(name.slice(name.indexOf('-') + 1));
          if (key !== name || seen.has(name)) doubled.push(name);
          else if (number < last) outOfOrder.push(name);
          last = Math.max(last, number);
          seen.add(name);
          found++;
        }
      }
    }
    await reader.close();
    const missing = [...this.acks].filter((name) => !seen.has(name));
    const first = (list: readonly string[]): readonly string[] => list.slice(0, LIST_MAX);
    return { found, missing: first(missing), doubled: first(doubled), outOfOrder: first(outOfOrder) };
  }
}

const nameOf = (partition: number, number: number): string => `${partition}-${number}`;
