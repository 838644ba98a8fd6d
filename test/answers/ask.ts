import { connect, type Socket } from 'node:net';
import { findApi, type ApiKey } from 'streaming-core/wire/apis/registry';
import { FrameSplitter } from 'streaming-core/wire/frame';
import { decodeResponse, encodeRequest } from 'streaming-core/wire/messages';
import { ADMIN_CASES, DELETING_CASES } from './admin-cases.ts';
import { UNKNOWN_ID, WARM, ZERO_ID, type AnswerCase, type Body, type World } from './case.ts';
import { DATA_CASES } from './data-cases.ts';
import { GROUP_CASES } from './group-cases.ts';
import { TRANSACTION_CASES } from './transaction-cases.ts';

export const CASES: readonly AnswerCase[] = [
  ...DATA_CASES,
  ...GROUP_CASES,
  ...ADMIN_CASES,
  ...TRANSACTION_CASES,
  ...DELETING_CASES,
];

/** Answers by case, then by version. */
export type Answers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const PATIENCE_MS = 10_000;
const START_PATIENCE_MS = 30_000;
const NOT_YET = new Set([14, 15, 16]);

/** Asks a fresh broker every case, in versions that it advertises, and takes out of the answers what no two brokers share. */
export async function askAll(port: number): Promise<Answers> {
  const broker = new RawBroker(port);
  try {
    const world = await prepare(broker);
    const ranges = (await broker.ask(18, 0, {}))['apiKeys'] as {
      apiKey: number;
      minVersion: number;
      maxVersion: number;
    }[];
    const answers: Record<string, Record<string, unknown>> = {};
    for (const each of CASES) {
      const range = ranges.find(({ apiKey }) => apiKey === each.apiKey);
      for (const version of versionsOf(each)) {
        if (!range || version < range.minVersion || version > range.maxVersion) continue;
        const answer = await broker.ask(each.apiKey, version, each.body(world, version)).catch(String);
        (answers[nameOf(each)] ??= {})[version] = comparable(answer, '', { port, ...world });
      }
    }
    return answers;
  } finally {
    broker.close();
  }
}

export function nameOf({ apiKey, name }: AnswerCase): string {
  return `${findApi(apiKey)!.name}: ${name}`;
}

function versionsOf({ apiKey, versions }: AnswerCase): readonly number[] {
  const { min, max } = findApi(apiKey)!.versions;
  return versions ?? Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

async function prepare(broker: RawBroker): Promise<World> {
  const topics = ['rides', 'other'].map((name) => ({
    ...{ name, numPartitions: 2, replicationFactor: 1 },
    ...{ assignments: [], configs: [] },
  }));
  await broker.ask(19, 5, { topics, timeoutMs: PATIENCE_MS });
  // Kafka's broker hears of topics and coordinators a moment after they are there.
  await until(async () => {
    const answer = await broker.ask(3, 12, { topics: topics.map(({ name }) => ({ name })) });
    return (answer['topics'] as Body[]).every(({ errorCode }) => errorCode === 0);
  });
  for (const keyType of [0, 1]) {
    await until(async () => (await broker.ask(10, 3, { key: 'g', keyType }))['errorCode'] === 0);
  }
  await until(
    async () =>
      !NOT_YET.has((await broker.ask(12, 3, { groupId: 'g', generationId: 1, memberId: 'x' }))['errorCode'] as number),
  );
  let producer: Body = {};
  await until(async () => {
    producer = await broker.ask(22, 0, { transactionalId: WARM, transactionTimeoutMs: 60_000 });
    return producer['errorCode'] === 0;
  });
  const { topics: named } = (await broker.ask(3, 12, { topics: [{ name: 'rides' }] })) as {
    topics: { topicId: string }[];
  };
  const { producerId, producerEpoch } = producer as { producerId: bigint; producerEpoch: number };
  return { ridesId: named[0]!.topicId, producerId, producerEpoch };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + START_PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error('the broker did not get ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ID_BY_WHICH_THINGS_ARE_SORTED = [
  'partitionIndex',
  'index',
  'partition',
  'partitionId',
  'name',
  'groupId',
  'topic',
  'user',
];
const LEFT_OUT = new Set(['throttleTimeMs', 'errorMessage', 'clusterId', 'timestamp']);

/** As brokers make them up: a random id, with the client's before it or alone. */
const MADE_UP_MEMBER_ID = /^(answers-[\da-f-]{36}|[\w-]{22})$/;

/** Texts of errors, ports and random ids differ between any two brokers; orders do not matter. */
function comparable(value: unknown, key: string, broker: World & { readonly port: number }): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return key === 'records' ? `${value.length} bytes` : value.toString('hex');
  if (value === broker.port) return 'its port';
  if (key === 'memberId' && MADE_UP_MEMBER_ID.test(String(value))) return 'an id';
  if (key === 'topicId' && value !== ZERO_ID && value !== UNKNOWN_ID) {
    return value === broker.ridesId ? 'id of rides' : 'an id';
  }
  if (Array.isArray(value)) {
    const elements = value.map((element) => comparable(element, key, broker));
    return elements.toSorted((left, right) => sortKey(left).localeCompare(sortKey(right)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, field]) => [name, comparable(field, name, broker)]),
  );
}

function sortKey(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const name = ID_BY_WHICH_THINGS_ARE_SORTED.find((each) => each in value);
  return name === undefined ? '' : String((value as Body)[name]);
}

/** One connection at a time; a new one when the broker closes it. */
class RawBroker {
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** Rejects when the broker closes the connection, or says nothing. */
  async ask(apiKey: number, version: number, body: Body): Promise<Body> {
    const socket = (this.#socket ??= connect({ port: this.#port, host: '127.0.0.1' }));
    const encode = encodeRequest as (key: number, version: number, header: object, body: Body) => Buffer[];
    socket.write(Buffer.concat(encode(apiKey, version, { correlationId: 1, clientId: 'answers' }, body)));
    try {
      const frame = await nextFrame(socket);
      return decodeResponse(apiKey as ApiKey, version, frame).body;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }
}

async function nextFrame(socket: Socket): Promise<Buffer> {
  const splitter = new FrameSplitter({ frameBytesMin: 4, frameBytesMax: 1 << 24 });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const onData = (chunk: Buffer): void => splitter.push(chunk, resolve);
  const onClose = (): void => reject(new Error('closed'));
  const timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS);
  socket.on('data', onData).on('close', onClose).on('error', onClose);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.off('data', onData).off('close', onClose).off('error', onClose);
  }
}
