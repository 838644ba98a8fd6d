import { Admin } from '@platformatic/kafka';

export { table } from './output.js';

export interface BootstrapOptions {
  readonly bootstrapServer: string;
}

/** What every command that shows something takes. */
export interface ShowOptions extends BootstrapOptions {
  readonly json: boolean;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Something that was asked for is not there, or not as it must be: exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Runs an action with an admin client and closes it in any case. */
export async function withAdmin<T>(
  { bootstrapServer }: BootstrapOptions,
  action: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId: 'streaming-core-cli',
    bootstrapBrokers: bootstrapServer.split(','),
    connectTimeout: CONNECT_TIMEOUT_MS,
    retries: 1,
  });
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}

/** End (or, with `timestamp`, other) offsets of a topic's partitions. */
export async function listOffsets(
  admin: Admin,
  topic: string,
  partitionIndexes: readonly number[],
  timestamp: bigint,
): Promise<ReadonlyMap<number, bigint>> {
  if (partitionIndexes.length === 0) return new Map();
  const partitions = partitionIndexes.map((partitionIndex) => ({ partitionIndex, timestamp }));
  const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
  return new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]) ?? []);
}

/** @throws {CommandError} if there is no such topic */
export async function partitionCount(admin: Admin, topic: string): Promise<number> {
  const metadata = await admin.metadata({ topics: [topic] });
  const count = metadata.topics.get(topic)?.partitions.length ?? 0;
  if (count === 0) throw new CommandError(`there is no topic ${topic}`);
  return count;
}
