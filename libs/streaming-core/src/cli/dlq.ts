import { DeadLetterDesk, type DeadLetter } from '../nest/dead-letter-desk.js';
import { type ShowOptions } from './admin-session.js';
import { UsageError } from './command-error.js';
import { withClient } from './client-session.js';
import { printRows } from './output.js';

export interface RangeOptions extends ShowOptions {
  readonly partition?: number;
  readonly before?: number;
}

/** The dead-letter queues, of one group or all. */
export async function listQueues(options: ShowOptions & { readonly group?: string }): Promise<void> {
  const queues = await atDesk(options, (desk) => desk.queues(options.group));
  if (options.json) printRows(queues, { json: true, heading: [] });
  else {
    const rows = queues.map(({ topic, partitions, letters }) => ({ queue: topic, partitions, letters }));
    printRows(rows, { json: false, heading: ['queue', 'partitions', 'letters'] });
  }
}

/** The newest letters of a queue, or one letter whole if partition and offset are given. */
export async function showLetters(
  queue: string,
  options: ShowOptions & { readonly partition?: number; readonly offset?: number; readonly max: number },
): Promise<void> {
  const { partition, offset, max } = options;
  if (offset !== undefined && partition === undefined) throw new UsageError('--offset needs --partition');
  const letters = await atDesk(options, async (desk) =>
    offset !== undefined && partition !== undefined
      ? [await desk.show(queue, partition, BigInt(offset))]
      : desk.list(queue, max, partition === undefined ? {} : { partition }),
  );
  for (const letter of letters) console.log(options.json ? toJson(letter) : toText(letter));
}

/** Throws letters away. */
export async function purgeLetters(queue: string, options: RangeOptions): Promise<void> {
  const purged = await atDesk(options, (desk) => desk.purge(queue, rangeOf(options)));
  console.log(options.json ? JSON.stringify({ purged }) : `purged ${purged} of ${queue}`);
}

/** Sends letters back to where they came from. */
export async function mergeLetters(queue: string, options: RangeOptions): Promise<void> {
  const merged = await atDesk(options, (desk) => desk.merge(queue, rangeOf(options)));
  console.log(options.json ? JSON.stringify({ merged }) : `sent ${merged} of ${queue} back to where they came from`);
}

function atDesk<T>(options: ShowOptions, work: (desk: DeadLetterDesk) => Promise<T>): Promise<T> {
  return withClient(options, (client) => work(new DeadLetterDesk(client)));
}

function rangeOf({ partition, before }: RangeOptions) {
  return { ...(partition !== undefined && { partition }), ...(before !== undefined && { before: BigInt(before) }) };
}

function toText({ partition, offset, reason, attempts, origin, key, value }: DeadLetter): string {
  const from = origin ? `${origin.topic}-${origin.partition}@${origin.offset}` : 'nobody knows where';
  const tries = attempts > 0 ? ` after ${attempts} attempts` : '';
  return `${partition}@${offset} from ${from}${tries}: ${reason}\n  ${key ?? 'null'}\t${value?.toString('utf8') ?? 'null'}`;
}

function toJson(letter: DeadLetter): string {
  const { offset, value, headers } = letter;
  const text = value?.toString('utf8') ?? null;
  return JSON.stringify({ ...letter, offset: String(offset), value: text, headers: Object.fromEntries(headers) });
}
