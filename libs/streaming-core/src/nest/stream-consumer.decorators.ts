import 'reflect-metadata';
import { Inject, Injectable, SetMetadata, applyDecorators } from '@nestjs/common';
import type { PartitionBatch, StreamRecord } from '../client/types.js';
import { STREAM_CLIENT, STREAM_PRODUCER } from './tokens.js';

/** What a decoder makes of a record: an event, or the reason why it is none. It should not throw. */
export type DecodeResult<Event = unknown> =
  { readonly ok: true; readonly event: Event } | { readonly ok: false; readonly reason: string };

export type EventDecoder = (topic: string, record: StreamRecord) => DecodeResult;

export interface RetryPolicy {
  /** Calls of a handler for one record, the first included. Default 5. */
  readonly attempts?: number;
  /** Wait before the second call; it doubles each time. Default 100 ms. */
  readonly firstDelayMs?: number;
  /** Default 5 s. */
  readonly maxDelayMs?: number;
  /**
   * What happens after the last attempt. `dead-letter` (default): the record goes to `<topic>.<group>.dlq` and
   * consumption goes on. `block`: it is tried for ever, and its partition waits.
   */
  readonly exhausted?: 'dead-letter' | 'block';
}

export interface StreamConsumerOptions {
  readonly groupId: string;
  /** Default: the topics that have a handler. If given, each needs one. */
  readonly topics?: readonly string[];
  readonly startAt?: 'earliest' | 'latest';
  readonly commit?: 'after-batch' | 'manual';
  readonly maxBatchRecords?: number;
  readonly sessionTimeoutMs?: number;
  /** Turns records into events. A record that it refuses goes to the dead letters. Without it handlers get records. */
  readonly decode?: EventDecoder;
  /** For {@link OnEvent} handlers. A {@link OnBatch} handler that rejects gets the same batch again, for ever. */
  readonly retry?: RetryPolicy;
  /** Records of one partition that {@link OnEvent} handles beside each other; records of one key keep their order. Default 1. */
  readonly keyConcurrency?: number;
}

/** Where an event comes from. */
export interface EventContext {
  readonly record: StreamRecord;
  /** 1 at the first call. */
  readonly attempt: number;
  /** Aborts when the partition is being taken away. */
  readonly signal: AbortSignal;
}

/** A batch with its decoded events; without a decoder `event` is the record. Refused records are not among them. */
export interface EventBatch<Event = unknown> extends PartitionBatch {
  readonly events: readonly { readonly event: Event; readonly record: StreamRecord }[];
}

export interface BatchContext {
  readonly signal: AbortSignal;
  /** Commits that everything before this offset of the batch's partition is handled. For `commit: 'manual'`. */
  commit(nextOffset: bigint): Promise<void>;
}

export const CONSUMER_METADATA = 'streaming-core:consumer';
export const HANDLER_METADATA = 'streaming-core:handler';

export type HandlerMetadata = TopicHandlerMetadata | { readonly kind: 'assigned' } | { readonly kind: 'revoked' };

interface TopicHandlerMetadata {
  readonly kind: 'event' | 'batch';
  readonly topic: string;
}

/** Marks a provider whose methods handle the records of a consumer group. */
export function StreamConsumer(options: StreamConsumerOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(CONSUMER_METADATA, options));
}

/** `method(event, context: EventContext)`: called for each record of the topic, in order per key. */
export function OnEvent(topic: string): MethodDecorator {
  return handler({ kind: 'event', topic });
}

/** `method(batch: EventBatch, context: BatchContext)`: called with one batch at a time per partition. */
export function OnBatch(topic: string): MethodDecorator {
  return handler({ kind: 'batch', topic });
}

/** `method(partitions): Promise<TopicPartitionOffset[] | undefined>`: see `ConsumerHandlers.onPartitionsAssigned`. */
export function OnPartitionsAssigned(): MethodDecorator {
  return handler({ kind: 'assigned' });
}

/** `method(partitions): Promise<void>`: see `ConsumerHandlers.onPartitionsRevoked`. */
export function OnPartitionsRevoked(): MethodDecorator {
  return handler({ kind: 'revoked' });
}

export function InjectStreamClient(): ParameterDecorator & PropertyDecorator {
  return Inject(STREAM_CLIENT);
}

export function InjectStreamProducer(): ParameterDecorator & PropertyDecorator {
  return Inject(STREAM_PRODUCER);
}

/** A method may carry several: one handler for two topics. */
function handler(metadata: HandlerMetadata): MethodDecorator {
  return (_target, _property, descriptor) => {
    const method = descriptor.value as object;
    const existing = (Reflect.getMetadata(HANDLER_METADATA, method) ?? []) as HandlerMetadata[];
    Reflect.defineMetadata(HANDLER_METADATA, [...existing, metadata], method);
  };
}
