import type { PartitionReader, StreamClient, StreamRecord } from '../client/types.js';
import type { BootstrapOptions } from './admin-session.js';
import { withClient } from './client-session.js';
import { CommandError, UsageError } from './command-error.js';
import type { StartPlace } from './options.js';
import { printJson } from './output.js';

export interface ConsumeOptions extends BootstrapOptions {
  readonly partition?: number;
  readonly offset?: StartPlace;
  readonly fromBeginning: boolean;
  readonly follow: boolean;
  readonly group?: string;
  readonly max?: number;
  readonly json: boolean;
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
}

/**
 * Shows what a topic holds and, with `follow` or as a member of a group, what comes. Ends at the end of the topic, after `max`
 * records, or on SIGINT.
 */
export async function consume(topic: string, options: ConsumeOptions): Promise<void> {
  checkUsage(options);
  await withClient(options, async (client) => {
    const count = (await client.admin().partitionCounts([topic])).get(topic);
    if (count === undefined) throw new CommandError(`there is no topic ${topic}`);
    if ((options.partition ?? 0) >= count) throw new CommandError(`${topic} has no partition ${options.partition}`);
    const printer = new Printer(options);
    if (printer.isDone) return;
    if (options.group !== undefined) {
      await consumeInGroup(client, topic, options.group, options, printer);
      return;
    }
    const reader = client.reader();
    const start = options.offset ?? { at: options.fromBeginning ? 'beginning' : 'end' };
    const all = Array.from({ length: count }, (_, partition) => partition);
    const partitions = options.partition === undefined ? all : [options.partition];
    const positions = await Promise.all(partitions.map((partition) => positionOf(reader, topic, partition, start)));
    if (options.follow || start.at === 'end') await follow(reader, positions, printer);
    else await readThrough(reader, positions, printer);
  });
}

function checkUsage({ partition, offset, fromBeginning, group }: ConsumeOptions): void {
  if (offset && fromBeginning) throw new UsageError('--offset and --from-beginning both say where to begin');
  if (group !== undefined && partition !== undefined)
    throw new UsageError('a group shares out partitions: --group without --partition');
  if (group !== undefined && offset)
    throw new UsageError('a group goes on from what it committed: groups reset-offsets moves that');
  if (offset?.at === 'offset' && partition === undefined) throw new UsageError('an --offset is one of a --partition');
}

/** @throws {CommandError} for an offset behind the end; one that retention has overtaken is that of the first record kept */
async function positionOf(
  reader: PartitionReader,
  topic: string,
  partition: number,
  start: StartPlace,
): Promise<Position> {
  const { first, end } = await reader.bounds({ topic, partition });
  const wanted = async (): Promise<bigint> => {
    switch (start.at) {
      case 'beginning':
        return first;
      case 'end':
        return end;
      case 'offset':
        return start.offset;
      case 'last':
        return end - start.records;
      case 'time':
        return reader.offsetAt({ topic, partition }, start.timeMs);
    }
  };
  const from = await wanted();
  if (start.at === 'offset' && from > end) throw new CommandError(`${topic}-${partition} ends at offset ${end}`);
  return { topic, partition, from: from < first ? first : from };
}

async function readThrough(reader: PartitionReader, positions: readonly Position[], printer: Printer): Promise<void> {
  for (const position of positions) {
    for await (const records of reader.readToEnd(position, position.from)) {
      printer.print(records);
      if (printer.isDone) return;
    }
  }
}

async function follow(reader: PartitionReader, positions: readonly Position[], printer: Printer): Promise<void> {
  const end = untilStopped(printer);
  const follower = await reader.follow(positions, ({ records }) => {
    printer.print(records);
    return Promise.resolve();
  });
  await end;
  await follower.close();
}

/** Commits what was shown and no more, so that the next member goes on with the record after it. */
async function consumeInGroup(
  client: StreamClient,
  topic: string,
  groupId: string,
  { fromBeginning }: ConsumeOptions,
  printer: Printer,
): Promise<void> {
  const startAt = fromBeginning ? 'earliest' : 'latest';
  const consumer = client.consumer({ groupId, topics: [topic], startAt, commit: 'manual' });
  const end = untilStopped(printer);
  await consumer.start({
    onBatch: ({ partition, records }) => {
      const last = records[printer.print(records) - 1];
      if (last) consumer.commitSoon({ topic, partition, offset: last.offset + 1n });
      return Promise.resolve();
    },
  });
  await end;
  await consumer.close();
}

function untilStopped(printer: Printer): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    printer.onDone = resolve;
  });
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

  /** Gives how many it has shown: all, or fewer when that makes `max`. */
  print(records: readonly StreamRecord[]): number {
    const shown = records.slice(0, Math.min(this.#left, records.length));
    this.#left -= shown.length;
    for (const record of shown) {
      if (this.options.json) printJson(facts(record));
      else console.log(toText(record));
    }
    if (this.isDone) this.onDone();
    return shown.length;
  }
}

function toText({ key, value }: StreamRecord): string {
  const text = value?.toString('utf8') ?? 'null';
  return key === null ? text : `${key}\t${text}`;
}

function facts({ topic, partition, offset, timestamp, key, value, headers }: StreamRecord): object {
  const text = value?.toString('utf8') ?? null;
  return { topic, partition, offset, timestamp, key, headers: Object.fromEntries(headers), value: text };
}
