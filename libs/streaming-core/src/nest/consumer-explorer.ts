import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { ConsumerDefinition, TopicHandler } from './consumer-runner.js';
import {
  CONSUMER_METADATA,
  HANDLER_METADATA,
  type HandlerMetadata,
  type StreamConsumerOptions,
} from './stream-consumer.decorators.js';

type Method = (...args: unknown[]) => unknown;

/** Finds the providers that carry `@StreamConsumer` and binds their handlers. */
@Injectable()
export class ConsumerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Throws if a class says contradictory things, so that a mistake shows at start. */
  consumers(): ConsumerDefinition[] {
    const definitions: ConsumerDefinition[] = [];
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) continue;
      const options = Reflect.getMetadata(CONSUMER_METADATA, metatype) as StreamConsumerOptions | undefined;
      if (options) definitions.push(this.#define(metatype.name, instance as object, options));
    }
    return definitions;
  }

  #define(name: string, instance: object, options: StreamConsumerOptions): ConsumerDefinition {
    const handlers = new Map<string, TopicHandler>();
    const hooks: { onAssigned?: Method; onRevoked?: Method } = {};
    const prototype = Object.getPrototypeOf(instance) as Record<string, Method>;
    for (const methodName of this.scanner.getAllMethodNames(prototype)) {
      const method = prototype[methodName]!;
      const marks = (Reflect.getMetadata(HANDLER_METADATA, method) ?? []) as HandlerMetadata[];
      const bound = method.bind(instance);
      for (const mark of marks) {
        if (mark.kind === 'assigned') hooks.onAssigned = bound;
        else if (mark.kind === 'revoked') hooks.onRevoked = bound;
        else if (handlers.has(mark.topic)) throw new Error(`${name} has two handlers for topic ${mark.topic}`);
        else handlers.set(mark.topic, { kind: mark.kind, handle: bound });
      }
    }
    if (handlers.size === 0) throw new Error(`${name} is a @StreamConsumer without @OnEvent or @OnBatch`);
    const missing = options.topics?.filter((topic) => !handlers.has(topic)) ?? [];
    if (missing.length > 0) throw new Error(`${name} has no handler for ${missing.join(', ')}`);
    return { name, options, handlers, ...hooks };
  }
}
