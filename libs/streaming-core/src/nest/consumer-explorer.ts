import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { TopicSpec } from '../client/types.js';
import type { ConsumerDefinition, RecordDecoder, TopicHandler } from './consumer-definition.js';
import {
  CONSUMER_METADATA,
  HANDLER_METADATA,
  type HandlerMetadata,
  type HookKind,
  type StreamConsumerOptions,
} from './stream-consumer.decorators.js';
import type { ConsumerSettings } from './streaming-options.js';
import { streamClientToken } from './tokens.js';

type Method = (...args: unknown[]) => unknown;

/** Finds the providers that carry `@StreamConsumer` and binds their handlers. */
@Injectable()
export class ConsumerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * The consumers of one connection.
   * @throws Error if a class says contradictory things or names no connection that is, so that a mistake shows at start
   */
  consumers(
    connection: string | undefined,
    settings: Readonly<Record<string, ConsumerSettings>> = {},
  ): ConsumerDefinition[] {
    const definitions: ConsumerDefinition[] = [];
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) continue;
      const declared = Reflect.getMetadata(CONSUMER_METADATA, metatype) as StreamConsumerOptions | undefined;
      if (!declared) continue;
      const options = { ...declared, ...settings[declared.groupId] };
      this.#checkConnection(metatype.name, options);
      if (options.connection === connection) definitions.push(this.#define(metatype.name, instance as object, options));
    }
    return definitions;
  }

  #checkConnection(name: string, { connection }: StreamConsumerOptions): void {
    const token = streamClientToken(connection);
    if (this.discovery.getProviders().some((provider) => provider.token === token)) return;
    const which = connection === undefined ? 'the default connection' : `connection "${connection}"`;
    throw new Error(`${name} reads from ${which}, which no StreamingModule.forRoot defines`);
  }

  #define(name: string, instance: object, options: StreamConsumerOptions): ConsumerDefinition {
    const handlers = new Map<string, TopicHandler>();
    const hooks = new Map<HookKind, Method>();
    const topics: TopicSpec[] = [];
    for (const { mark, bound } of this.#marks(instance)) {
      if (mark.kind !== 'event' && mark.kind !== 'batch') {
        if (hooks.has(mark.kind)) throw new Error(`${name} has two hooks for partitions that are ${mark.kind}`);
        hooks.set(mark.kind, bound);
        continue;
      }
      const { topic } = mark;
      const topicName = typeof topic === 'string' ? topic : topic.name;
      if (handlers.has(topicName)) throw new Error(`${name} has two handlers for topic ${topicName}`);
      const decode: RecordDecoder =
        typeof topic === 'string' ? namedDecoder(options) : (record) => topic.decode(record);
      const { kind, transactional = false } = mark;
      if (kind === 'event') handlers.set(topicName, { kind, decode, handle: bound });
      else handlers.set(topicName, { kind, decode, handle: bound, transactional });
      if (typeof topic !== 'string' && topic.spec) topics.push(topic.spec);
    }
    if (handlers.size === 0) throw new Error(`${name} is a @StreamConsumer without @OnEvent or @OnBatch`);
    const missing = options.topics?.filter((topic) => !handlers.has(topic)) ?? [];
    if (missing.length > 0) throw new Error(`${name} has no handler for ${missing.join(', ')}`);
    const onAssigned = hooks.get('assigned') as ConsumerDefinition['onAssigned'];
    const onRevoked = hooks.get('revoked');
    const onLost = hooks.get('lost');
    return {
      ...{ name, options, handlers, topics },
      ...(onAssigned && { onAssigned }),
      ...(onRevoked && { onRevoked }),
      ...(onLost && { onLost }),
    };
  }

  *#marks(instance: object): Iterable<{ readonly mark: HandlerMetadata; readonly bound: Method }> {
    const prototype = Object.getPrototypeOf(instance) as Record<string, Method>;
    for (const methodName of this.scanner.getAllMethodNames(prototype)) {
      const method = prototype[methodName]!;
      const marks = (Reflect.getMetadata(HANDLER_METADATA, method) ?? []) as HandlerMetadata[];
      const bound = method.bind(instance);
      for (const mark of marks) yield { mark, bound };
    }
  }
}

/** Without a decoder handlers get the records themselves. */
function namedDecoder({ decode }: StreamConsumerOptions): RecordDecoder {
  return decode ? (record) => decode(record.topic, record) : (record) => ({ ok: true, event: record });
}
