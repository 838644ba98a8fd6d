import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type WritePacket } from '@nestjs/microservices';
import { finalize, isObservable, lastValueFrom, type Observable } from 'rxjs';
import { createStreamClient } from '../../client/stream-client.js';
import type {
  OutgoingRecord,
  StreamClient,
  StreamClientOptions,
  StreamProducer,
  StreamRecord,
} from '../../client/types.js';
import { ConsumerRunner } from '../consumer-runner.js';
import type { TopicHandler } from '../consumer-definition.js';
import { LogEntry } from '../log-entry.js';
import { RejectEvent } from '../reject-event.js';
import type { EventContext, StreamConsumerOptions } from '../stream-consumer.decorators.js';
import type { StreamingModuleOptions } from '../streaming-options.js';
import { tracedProducer, w3cTracing, untraced, type Tracing } from '../tracing.js';
import { ReplyHeader, formatValue, parseValue } from './reply-headers.js';
import { StreamContext } from './stream-context.js';

type ConsumerSettings = Omit<StreamConsumerOptions, 'topics' | 'decode' | 'connection' | 'commit'>;

export interface StreamingServerOptions
  extends StreamClientOptions, ConsumerSettings, Pick<StreamingModuleOptions, 'metrics' | 'tracing'> {}

/**
 * A transport for Nest microservices: `@EventPattern('orders')` handlers get the records of the topic `orders`, and
 * `@MessagePattern('prices')` handlers answer requests to the topic that the request names. The headers are those of
 * Nest's own Kafka transport, so its clients and servers can be on the other side. Events are handled with this package's
 * order, retries and dead letters; requests are handled once, and their errors are answered.
 *
 * @example
 * app.connectMicroservice({ strategy: new StreamingServer({ brokers: 'localhost:9092', clientId: 'shop', groupId: 'shop' }) });
 */
export class StreamingServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('streaming-core');
  /** A failed event is retried and put aside by this transport, which also says so. */
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('StreamingServer');
  readonly #options: StreamingServerOptions;
  readonly #tracing: Tracing;
  #client: StreamClient | undefined;
  #producer: StreamProducer | undefined;
  #runner: ConsumerRunner | undefined;

  constructor(options: StreamingServerOptions) {
    super();
    this.#options = options;
    this.#tracing = options.tracing === false ? untraced : (options.tracing ?? w3cTracing);
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** Calls back when the handlers are members of their group, or with what went wrong. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      callback(error);
      return;
    }
    callback();
  }

  async close(): Promise<void> {
    try {
      await this.#runner?.stop();
    } finally {
      await this.#client?.close();
    }
    this.#runner = undefined;
    this.#client = undefined;
    this.#producer = undefined;
  }

  /** The `StreamClient`. */
  // The base class has it generic.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  unwrap<T = StreamClient>(): T {
    if (!this.#client) throw new Error('the server does not listen');
    return this.#client as T;
  }

  on(): never {
    throw new Error('there are no events to listen to: see StreamingServer.unwrap and onWarning');
  }

  async #start(): Promise<void> {
    const { brokers, clientId, security, deliveryTimeoutMs, onWarning, metrics = {}, ...rest } = this.#options;
    const { tracing: _, ...consumer } = rest;
    this.#client = createStreamClient({
      brokers,
      clientId,
      ...(security && { security }),
      ...(deliveryTimeoutMs !== undefined && { deliveryTimeoutMs }),
      onWarning: (warning) => {
        this.logger.warn(new LogEntry(warning.message, { kind: warning.kind }));
        onWarning?.(warning);
      },
    });
    this.#producer = tracedProducer(await this.#client.producer(), this.#tracing);
    const topics = [...this.messageHandlers.keys()];
    if (topics.length === 0) return;
    const handler: TopicHandler = {
      kind: 'event',
      decode: (record) => ({ ok: true, event: record }),
      handle: (record, context) => this.#take(record as StreamRecord, context),
    };
    this.#runner = new ConsumerRunner(
      { name: 'StreamingServer', options: consumer, handlers: new Map(topics.map((topic) => [topic, handler])) },
      {
        client: this.#client,
        producer: this.#producer,
        metrics,
        tracing: this.#tracing,
        warn: (message, error) => this.logger.warn(new LogEntry(message, { error: String(error) })),
      },
    );
    await this.#runner.start();
  }

  async #take(record: StreamRecord, { signal }: EventContext): Promise<void> {
    const { topic, headers } = record;
    const context = new StreamContext([record, signal]);
    const data = parseValue(record.value);
    const handler = this.getHandlerByPattern(topic);
    if (!handler) throw new RejectEvent(`no handler for ${topic}`);
    const correlationId = headers.get(ReplyHeader.correlationId);
    const replyTopic = headers.get(ReplyHeader.replyTopic);
    if (handler.isEventHandler || correlationId === undefined || replyTopic === undefined) {
      await this.#handleEvent(handler, data, context);
      return;
    }
    const respond = (packet: WritePacket) => this.#reply(packet, record, correlationId, replyTopic);
    await this.#answer(this.transformToObservable(await handler(data, context)), context, respond);
  }

  /** All handlers of the pattern, one after the other; rejects what the first one that fails rejects. */
  async #handleEvent(
    handler: NonNullable<ReturnType<Server['getHandlerByPattern']>>,
    data: unknown,
    context: StreamContext,
  ): Promise<void> {
    await this.#withinHooks(context, async (runEndHook) => {
      const result: unknown = await handler(data, context);
      if (isObservable(result)) await lastValueFrom(result.pipe(finalize(runEndHook)), { defaultValue: undefined });
    });
  }

  /** Rejects what the work rejects. Whether Nest's hook hands on the promise of its work is its own affair. */
  async #withinHooks(context: StreamContext, work: (runEndHook: () => void) => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.runWithProcessingHooks(context, async (runEndHook) => {
      try {
        await work(runEndHook);
        resolve(undefined);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(describe(error)));
      }
      runEndHook();
    });
    await promise;
  }

  /** Resolves when the last reply is acknowledged. */
  async #answer(
    response$: Observable<unknown>,
    context: StreamContext,
    respond: (packet: WritePacket) => Promise<void>,
  ): Promise<void> {
    await this.#withinHooks(context, async (runEndHook) => {
      let sending = Promise.resolve();
      let pending: WritePacket | undefined;
      const send = (packet: WritePacket): void => {
        sending = sending.then(() => respond(packet));
      };
      await new Promise<void>((resolve) => {
        response$.pipe(finalize(runEndHook)).subscribe({
          next: (response) => {
            if (pending) send(pending);
            pending = { response };
          },
          error: (error: unknown) => {
            if (pending) send(pending);
            send({ err: error, isDisposed: true });
            resolve();
          },
          complete: () => {
            send({ ...pending, isDisposed: true });
            resolve();
          },
        });
      });
      await sending;
    });
  }

  async #reply(packet: WritePacket, request: StreamRecord, correlationId: string, replyTopic: string): Promise<void> {
    const partition = request.headers.get(ReplyHeader.replyPartition);
    const reply: OutgoingRecord = {
      topic: replyTopic,
      key: null,
      value: formatValue(packet.response),
      ...(partition !== undefined && /^\d{1,9}$/.test(partition) && { partition: Number(partition) }),
      headers: {
        [ReplyHeader.correlationId]: correlationId,
        ...(packet.err !== undefined && packet.err !== null && { [ReplyHeader.error]: describe(packet.err) }),
        ...(packet.isDisposed && { [ReplyHeader.isDisposed]: '\0' }),
      },
    };
    try {
      await this.#producer?.send([reply]);
    } catch (error) {
      // Nobody may be there any more to hear it. The request was handled: handling it again would not bring the asker back.
      this.logger.error(new LogEntry(`a reply to ${replyTopic} could not be sent`, { error: String(error) }));
    }
  }
}

/** As Nest's Kafka server writes errors: objects as JSON. */
function describe(error: unknown): string {
  if (error instanceof Error) return JSON.stringify({ status: 'error', message: error.message });
  return typeof error === 'string' ? error : JSON.stringify(error);
}
