import { Logger } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { createStreamClient } from '../../client/stream-client.js';
import type {
  PartitionFollower,
  PartitionReader,
  StreamClient,
  StreamClientOptions,
  StreamProducer,
  StreamRecord,
} from '../../client/types.js';
import { LogEntry } from '../log-entry.js';
import { tracedProducer, w3cTracing } from '../tracing.js';
import { ReplyHeader, parseValue, replyTopicOf, toMessage } from './reply-headers.js';

export interface StreamingClientProxyOptions extends StreamClientOptions {
  /** Requests that wait for a reply at most. Default 10,000. Beyond it `send` fails at once. */
  readonly pendingMax?: number;
}

const PENDING_MAX = 10_000;

/**
 * A Nest microservice client: `emit('orders', event)` writes to the topic `orders`; `send('prices', request)` writes a request and
 * gives the replies. Replies come by the topic `<pattern>.reply`, which is created where it is missing; this client follows its
 * end without a consumer group, so each process finds its own replies and none waits for a rebalance. A request that nobody
 * answers waits until its subscriber gives up: use `timeout()`.
 *
 * Data may be `{ key, value, headers }`, as with Nest's Kafka client.
 */
export class StreamingClientProxy extends ClientProxy {
  readonly #options: StreamingClientProxyOptions;
  readonly #logger = new Logger('StreamingClientProxy');
  #client: StreamClient | undefined;
  readonly #followers = new Map<string, Promise<PartitionFollower>>();
  #connected: Promise<{ client: StreamClient; producer: StreamProducer; reader: PartitionReader }> | undefined;

  constructor(options: StreamingClientProxyOptions) {
    super();
    this.#options = options;
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** Connects; a failed attempt is not remembered. */
  async connect(): Promise<void> {
    await this.#connect();
  }

  async close(): Promise<void> {
    const connected = await this.#connected?.catch(() => undefined);
    this.#connected = undefined;
    this.#client = undefined;
    this.#followers.clear();
    for (const [id, answer] of [...this.routingMap]) {
      this.routingMap.delete(id);
      (answer as (packet: WritePacket) => void)({ err: new Error('the client was closed') });
    }
    await connected?.client.close();
  }

  /** The `StreamClient`. @throws Error before {@link connect} has resolved */
  // The base class has it generic.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  unwrap<T = StreamClient>(): T {
    if (!this.#client) throw new Error('connect first');
    return this.#client as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const { pendingMax = PENDING_MAX } = this.#options;
    if (this.routingMap.size >= pendingMax) {
      callback({ err: new Error(`${pendingMax} requests wait for a reply already`) });
      return () => undefined;
    }
    const { id } = this.assignPacketId(packet);
    this.routingMap.set(id, callback);
    const forget = (): void => void this.routingMap.delete(id);
    this.#request(packet, id).catch((error: unknown) => {
      if (!this.routingMap.has(id)) return;
      forget();
      callback({ err: error });
    });
    return forget;
  }

  protected async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    const { producer } = await this.#connect();
    await producer.send([{ topic: this.normalizePattern(packet.pattern as string), ...toMessage(packet.data) }]);
    return undefined as T;
  }

  async #request(packet: ReadPacket, id: string): Promise<void> {
    const topic = this.normalizePattern(packet.pattern as string);
    const replyTopic = replyTopicOf(topic);
    const { producer } = await this.#connect();
    await this.#follow(replyTopic);
    const message = toMessage(packet.data);
    const headers = {
      ...message.headers,
      [ReplyHeader.correlationId]: id,
      [ReplyHeader.replyTopic]: replyTopic,
      [ReplyHeader.replyPartition]: '0',
    };
    await producer.send([{ ...message, topic, headers }]);
  }

  /** From the end of now on: before a request is sent, so that its reply is seen. */
  #follow(replyTopic: string): Promise<PartitionFollower> {
    let follower = this.#followers.get(replyTopic);
    if (!follower) {
      follower = this.#startFollowing(replyTopic);
      this.#followers.set(replyTopic, follower);
      follower.catch(() => this.#followers.delete(replyTopic));
    }
    return follower;
  }

  async #startFollowing(topic: string): Promise<PartitionFollower> {
    const { client, reader } = await this.#connect();
    const admin = client.admin();
    if (!(await admin.partitionCounts([topic])).has(topic)) await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    await admin.close();
    return reader.follow([{ topic, partition: 0, from: 'latest' }], ({ records }) => {
      for (const record of records) this.#take(record);
      return Promise.resolve();
    });
  }

  #take({ headers, value }: StreamRecord): void {
    const id = headers.get(ReplyHeader.correlationId);
    const answer = id === undefined ? undefined : this.routingMap.get(id);
    if (!answer) return; // of another process, or given up
    const error = headers.get(ReplyHeader.error);
    const isDisposed = headers.has(ReplyHeader.isDisposed);
    const response = parseValue(value) ?? undefined;
    if (isDisposed || error !== undefined) this.routingMap.delete(id!);
    const packet = error === undefined ? { response, isDisposed } : { err: parseValue(Buffer.from(error)), isDisposed };
    (answer as (packet: WritePacket) => void)(packet);
  }

  #connect() {
    if (!this.#connected) {
      this.#connected = this.#open();
      this.#connected.catch(() => (this.#connected = undefined));
    }
    return this.#connected;
  }

  async #open() {
    const { pendingMax: _, ...options } = this.#options;
    const client = createStreamClient({
      ...options,
      onWarning: (warning) => {
        this.#logger.warn(new LogEntry(warning.message, { kind: warning.kind }));
        options.onWarning?.(warning);
      },
    });
    try {
      const producer = tracedProducer(await client.producer(), w3cTracing);
      this.#client = client;
      return { client, producer, reader: client.reader() };
    } catch (error) {
      await client.close();
      throw error;
    }
  }
}
