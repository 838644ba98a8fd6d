import type { PartitionReader, StreamRecord } from '../client/types.js';
import type { BootstrapOptions } from './admin-session.js';
import { withClient } from './client-session.js';
import { CommandError } from './command-error.js';

export interface ConsumeOptions extends BootstrapOptions {
  readonly fromBeginning: boolean;
  readonly follow: boolean;
  readonly max?: number;
  readonly json: boolean;
}

/** Shows what a topic holds and, with `follow`, what comes. Ends at the end of the topic, after `max` records, or on SIGINT. */
export async function consume(topic: string, options: ConsumeOptions): Promise<void> {
  await withClient(options, async (client) => {
    const count = (await client.admin().partitionCounts([topic])).get(topic);
    if (count === undefined) throw new CommandError(`there is no topic ${topic}`);
    const reader = client.reader();
    const printer = new Printer(options);
    if (options.follow || !options.fromBeginning) await follow(reader, topic, count, options, printer);
    else await readThrough(reader, topic, count, printer);
  });
}

async function readThrough(reader: PartitionReader, topic: string, count: number, printer: Printer): Promise<void> {
  for (let partition = 0; partition < count; partition++) {
    for await (const records of reader.readToEnd({ topic, partition })) {
      printer.print(records);
      if (printer.isDone) return;
    }
  }
}

async function follow(
  reader: PartitionReader,
  topic: string,
  count: number,
  options: ConsumeOptions,
  printer: Printer,
): Promise<void> {
  const from = options.fromBeginning ? 'earliest' : 'latest';
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition, from }) as const);
  const end = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    printer.onDone = resolve;
  });
  const follower = await reader.follow(partitions, ({ records }) => {
    printer.print(records);
    return Promise.resolve();
  });
  await end;
  await follower.close();
}

class Printer {
  onDone: () => void = () => undefined;
  #left: number;

  constructor(private readonly options: ConsumeOptions) {
    this.#left = options.max ?? Infinity;
  }

  get isDone(): boolean {
    return this.#left <= 0;
  }

  print(records: readonly StreamRecord[]): void {
    for (const record of records) {
      if (this.isDone) break;
      this.#left -= 1;
      console.log(this.options.json ? toJson(record) : toText(record));
    }
    if (this.isDone) this.onDone();
  }
}

function toText({ key, value }: StreamRecord): string {
  const text = value?.toString('utf8') ?? 'null';
  return key === null ? text : `${key}\t${text}`;
}

function toJson({ topic, partition, offset, timestamp, key, value, headers }: StreamRecord): string {
  const shown = { topic, partition, offset: Number(offset), timestamp, key, headers: Object.fromEntries(headers) };
  return JSON.stringify({ ...shown, value: value?.toString('utf8') ?? null });
}
