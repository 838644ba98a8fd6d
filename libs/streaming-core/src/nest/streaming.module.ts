import { Logger, Module, type DynamicModule, type FactoryProvider, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { createStreamClient } from '../client/stream-client.js';
import type { StreamClient, StreamProducer } from '../client/types.js';
import { deadLetterDeskToken, streamPublisherToken, streamingConsumersToken } from './connection-tokens.js';
import { ConsumerExplorer } from './consumer-explorer.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { LogEntry } from './log-entry.js';
import { StreamPublisher } from './stream-publisher.js';
import { StreamingConsumers } from './streaming-consumers.js';
import type { StreamingModuleOptions } from './streaming-options.js';
import { producerToken, streamClientToken, streamProducerToken, streamingOptionsToken } from './tokens.js';
import type { Topic } from './topic.js';
import { TopicCreator } from './topic-creator.js';
import { TopicProducer } from './topic-producer.js';
import { tracedProducer, untraced, w3cTracing, type Tracing } from './tracing.js';

export interface ConnectionName {
  /** For applications with several clusters: consumers and injections say which one they mean. Default: the unnamed one. */
  readonly connection?: string;
}

export interface StreamingModuleAsyncOptions extends ConnectionName {
  readonly imports?: DynamicModule['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<StreamingModuleOptions | Promise<StreamingModuleOptions>>['useFactory'];
}

/**
 * The application's connection to the log, for all its modules: `StreamClient`, `StreamProducer`, {@link StreamPublisher},
 * {@link DeadLetterDesk}, and every provider with `@StreamConsumer` as a member of its group.
 */
@Module({})
export class StreamingModule {
  static forRoot({ connection, ...options }: StreamingModuleOptions & ConnectionName): DynamicModule {
    return defineModule(connection, { provide: streamingOptionsToken(connection), useValue: options }, []);
  }

  static forRootAsync(options: StreamingModuleAsyncOptions): DynamicModule {
    const { connection, imports = [], inject = [], useFactory } = options;
    return defineModule(connection, { provide: streamingOptionsToken(connection), inject, useFactory }, imports);
  }

  /**
   * A {@link TopicProducer} for each topic, for `@InjectProducer(topic)` in the importing module. Topics that are defined with
   * `partitions` are created where they are missing.
   */
  static forFeature(topics: readonly Topic<never, unknown>[], { connection }: ConnectionName = {}): DynamicModule {
    const producers = topics.map((topic) => ({
      provide: producerToken(topic.name, connection),
      inject: [streamProducerToken(connection)],
      useFactory: (producer: StreamProducer) => new TopicProducer(topic, producer),
    }));
    const specs = topics.flatMap(({ spec }) => (spec ? [spec] : []));
    const creator = {
      provide: TopicCreator,
      inject: [streamClientToken(connection)],
      useFactory: (client: StreamClient) => new TopicCreator(client, specs),
    };
    const tokens = producers.map(({ provide }) => provide);
    return { module: StreamingModule, providers: [...producers, creator], exports: tokens };
  }
}

function defineModule(
  connection: string | undefined,
  options: Provider,
  imports: NonNullable<DynamicModule['imports']>,
): DynamicModule {
  const client = streamClientToken(connection);
  const producer = streamProducerToken(connection);
  const settings = streamingOptionsToken(connection);
  return {
    module: StreamingModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      options,
      { provide: client, inject: [settings], useFactory: createClient },
      { provide: producer, inject: [client, settings], useFactory: createProducer },
      {
        provide: streamPublisherToken(connection),
        inject: [producer],
        useFactory: (given: StreamProducer) => new StreamPublisher(given),
      },
      {
        provide: deadLetterDeskToken(connection),
        inject: [client],
        useFactory: (given: StreamClient) => new DeadLetterDesk(given),
      },
      ConsumerExplorer,
      {
        provide: streamingConsumersToken(connection),
        inject: [client, producer, settings, ConsumerExplorer],
        useFactory: (
          given: StreamClient,
          sender: StreamProducer,
          { metrics = {}, tracing, consumers: settings = {} }: StreamingModuleOptions,
          explorer: ConsumerExplorer,
        ) =>
          new StreamingConsumers({
            ...{ connection, client: given, producer: sender, metrics, explorer, settings },
            tracing: tracingOf(tracing),
          }),
      },
    ],
    exports: [
      client,
      producer,
      streamPublisherToken(connection),
      deadLetterDeskToken(connection),
      streamingConsumersToken(connection),
    ],
  };
}

function tracingOf(tracing: StreamingModuleOptions['tracing']): Tracing {
  return tracing === false ? untraced : (tracing ?? w3cTracing);
}

async function createProducer(client: StreamClient, { tracing }: StreamingModuleOptions): Promise<StreamProducer> {
  return tracedProducer(await client.producer(), tracingOf(tracing));
}

function createClient(options: StreamingModuleOptions): StreamClient {
  const logger = new Logger('Streaming');
  return createStreamClient({
    ...options,
    onWarning: (warning) => {
      const { kind, groupId, message } = warning;
      logger.warn(new LogEntry(message, { kind, ...(groupId !== undefined && { groupId }) }));
      options.onWarning?.(warning);
    },
  });
}
