import { Admin, Connection } from '@platformatic/kafka';
import { connectionOptionsOf } from '../client/security.js';
import { CommandError } from './command-error.js';
import { commandSecurity } from './security.js';

export interface BootstrapOptions {
  readonly bootstrapServer: string;
}

/** What every command that shows something takes. */
export interface ShowOptions extends BootstrapOptions {
  readonly json: boolean;
}

const CLIENT_ID = 'streaming-core-cli';
const CONNECT_TIMEOUT_MS = 5_000;

/** Runs an action with an admin client and closes it in any case. */
export async function withAdmin<T>(
  { bootstrapServer }: BootstrapOptions,
  action: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId: CLIENT_ID,
    bootstrapBrokers: bootstrapServer.split(','),
    connectTimeout: CONNECT_TIMEOUT_MS,
    retries: 1,
    ...connectionOptionsOf(commandSecurity().security, hostsOf(bootstrapServer)),
  });
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}

/** As {@link withAdmin}, for requests that the library's admin client lacks: on a connection to the first broker that answers. */
export async function withConnection<T>(
  { bootstrapServer }: BootstrapOptions,
  action: (connection: Connection) => Promise<T>,
): Promise<T> {
  const options = connectionOptionsOf(commandSecurity().security, hostsOf(bootstrapServer));
  const connection = new Connection(CLIENT_ID, { connectTimeout: CONNECT_TIMEOUT_MS, ...options });
  connection.on('error', () => undefined);
  try {
    await connectToAny(connection, bootstrapServer.split(','));
    return await action(connection);
  } finally {
    await connection.close();
  }
}

async function connectToAny(connection: Connection, [server = '', ...others]: readonly string[]): Promise<void> {
  try {
    await connection.connect(hostOf(server), Number(server.slice(server.lastIndexOf(':') + 1)));
  } catch (error) {
    if (others.length === 0) throw error;
    await connectToAny(connection, others);
  }
}

const hostsOf = (bootstrapServer: string): string[] => bootstrapServer.split(',').map(hostOf);

/** Without the brackets of an IPv6 address. */
const hostOf = (server: string): string => server.slice(0, server.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');

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
