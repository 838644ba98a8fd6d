import { createInterface } from 'node:readline';
import type { OutgoingRecord, StreamProducer } from '../client/types.js';
import type { BootstrapOptions } from './admin-session.js';
import { withClient } from './client-session.js';
import { CommandError } from './command-error.js';
import { counted } from './output.js';

const BATCH_RECORDS = 500;
const LINGER_MS = 20;

export interface ProduceOptions extends BootstrapOptions {
  readonly partition?: number;
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly nullMarker?: string;
}

/** Writes each line of standard input as one record; resolves when all are acknowledged. */
export async function produce(topic: string, options: ProduceOptions): Promise<void> {
  await withClient(options, async (client) => {
    const count = (await client.admin().partitionCounts([topic])).get(topic);
    if (count === undefined) {
      throw new CommandError(`there is no topic ${topic}: streaming-core topics create makes one`);
    }
    if ((options.partition ?? 0) >= count) throw new CommandError(`${topic} has no partition ${options.partition}`);
    const producer = await client.producer();
    const lines = createInterface({ input: process.stdin });
    // A refusal ends the command, though its input goes on.
    const sender = new BatchSender(producer, () => lines.close());
    for await (const line of lines) await sender.add(recordOf(topic, line, options));
    await sender.flush();
    console.error(`${counted(sender.sent, 'record')} written to ${topic}`);
  });
}

/** Sends records in batches: full ones at once, others when nothing more has come for a moment, so that `tail -f` gets through. */
class BatchSender {
  sent = 0;
  #batch: OutgoingRecord[] = [];
  #sending: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly producer: StreamProducer,
    private readonly onFailure: () => void,
  ) {}

  async add(record: OutgoingRecord): Promise<void> {
    this.#batch.push(record);
    if (this.#batch.length >= BATCH_RECORDS) await this.flush();
    else this.#timer ??= setTimeout(() => void this.flush().catch(this.onFailure), LINGER_MS);
  }

  /** Rejects if this batch or one before it was refused. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const records = this.#batch;
    this.#batch = [];
    this.#sending = this.#sending.then(async () => {
      if (records.length > 0) await this.producer.send(records);
      this.sent += records.length;
    });
    return this.#sending;
  }
}

/** A line without the separator is a value alone, with the key of `--key` if there is one. */
function recordOf(topic: string, line: string, options: ProduceOptions): OutgoingRecord {
  const { key = null, keySeparator = '', header, nullMarker, partition } = options;
  const at = keySeparator === '' ? -1 : line.indexOf(keySeparator);
  const value = at < 0 ? line : line.slice(at + keySeparator.length);
  return {
    topic,
    key: at < 0 ? key : line.slice(0, at),
    value: value === nullMarker ? null : value,
    headers: header,
    ...(partition === undefined ? {} : { partition }),
  };
}
