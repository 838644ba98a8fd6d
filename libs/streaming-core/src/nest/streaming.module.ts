import { Logger, Module, type DynamicModule, type FactoryProvider, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { createStreamClient } from '../client/stream-client.js';
import type { StreamClient } from '../client/types.js';
import { ConsumerExplorer } from './consumer-explorer.js';
import { StreamingConsumers } from './streaming-consumers.js';
import type { StreamingModuleOptions } from './streaming-options.js';
import { STREAMING_OPTIONS, STREAM_CLIENT, STREAM_PRODUCER } from './tokens.js';

export interface StreamingModuleAsyncOptions {
  readonly imports?: DynamicModule['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<StreamingModuleOptions | Promise<StreamingModuleOptions>>['useFactory'];
}

/**
 * The application's connection to the log, for all its modules: a `StreamClient` under {@link STREAM_CLIENT}, one
 * producer under {@link STREAM_PRODUCER}, and every provider with `@StreamConsumer` as a member of its group.
 */
@Module({})
export class StreamingModule {
  static forRoot(options: StreamingModuleOptions): DynamicModule {
    return defineModule({ provide: STREAMING_OPTIONS, useValue: options }, []);
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: StreamingModuleAsyncOptions): DynamicModule {
    return defineModule({ provide: STREAMING_OPTIONS, inject, useFactory }, imports);
  }
}

function defineModule(options: Provider, imports: NonNullable<DynamicModule['imports']>): DynamicModule {
  return {
    module: StreamingModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      options,
      { provide: STREAM_CLIENT, inject: [STREAMING_OPTIONS], useFactory: createClient },
      {
        provide: STREAM_PRODUCER,
        inject: [STREAM_CLIENT],
        useFactory: (client: StreamClient) => client.producer(),
      },
      ConsumerExplorer,
      StreamingConsumers,
    ],
    exports: [STREAM_CLIENT, STREAM_PRODUCER, StreamingConsumers],
  };
}

function createClient(options: StreamingModuleOptions): StreamClient {
  const logger = new Logger('Streaming');
  return createStreamClient({
    ...options,
    onWarning: (warning) => {
      const { kind, groupId, message } = warning;
      logger.warn({ message, kind, ...(groupId !== undefined && { groupId }) });
      options.onWarning?.(warning);
    },
  });
}
