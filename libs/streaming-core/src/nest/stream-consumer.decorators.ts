import 'reflect-metadata';
import { Inject, Injectable, SetMetadata, applyDecorators } from '@nestjs/common';
import type { PartitionBatch, StreamRecord, TopicPartition, TopicPartitionOffset } from '../client/types.js';
import type { StreamPublisher } from './stream-publisher.js';
import type { DecodeResult, Topic } from './topic.js';
import { producerToken, streamClientToken, streamProducerToken } from './tokens.js';

export type { DecodeResult } from './topic.js';

/** For topics that are named only. Typed topics bring their own. */
export type EventDecoder = (topic: string, record: StreamRecord) => DecodeResult;

export interface RetryPolicy {
  /** Calls of a handler for one record before it leaves its partition, the first included. Default 5, with a ladder 1. */
  readonly attempts?: number;
  /** Wait before the second call; it doubles each time. Default 100 ms. */
  readonly firstDelayMs?: number;
  /** Default 5 s. */
  readonly maxDelayMs?: number;
  /**
   * The retry ladder: after the last attempt the record goes to `<topic>.<group>.retry.1` and is handled again after the first
   * of these delays, then to `.retry.2`, and so on, one attempt on each rung. Others are handled meanwhile. Default: none.
   */
  readonly ladderDelaysMs?: readonly number[];
  /**
   * `none` (default): later records of the same key are handled while one waits on the ladder, so they overtake it. `key`:
   * they go onto the ladder behind it, and each key keeps its order.
   */
  readonly ladderOrder?: 'none' | 'key';
  /** Keys of one partition that may wait with `ladderOrder: 'key'`. Beyond it failing records are retried in place. Default 10,000. */
  readonly ladderKeysMax?: number;
  /**
   * What happens in the end. `dead-letter` (default): the record goes to `<topic>.<group>.dlq` and consumption goes on.
   * `block`: it is tried for ever, in its place or on the last rung, and what must not overtake it waits.
   */
  readonly exhausted?: 'dead-letter' | 'block';
}

export interface StreamConsumerOptions {
  readonly groupId: string;
  /** The name of the connection, see `StreamingModule.forRoot`. */
  readonly connection?: string;
  /** Default: the topics that have a handler. If given, each needs one. */
  readonly topics?: readonly string[];
  readonly startAt?: 'earliest' | 'latest';
  readonly commit?: 'after-batch' | 'manual';
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  readonly maxBatchRecords?: number;
  readonly sessionTimeoutMs?: number;
  /** Turns records of topics that are named only into events. A record that it refuses becomes a dead letter. */
  readonly decode?: EventDecoder;
  /** For {@link OnEvent} handlers. A {@link OnBatch} handler that rejects gets the same batch again, for ever. */
  readonly retry?: RetryPolicy;
  /** Events of one partition that {@link OnEvent} handles beside each other. Default 1. */
  readonly concurrency?: number;
  /**
   * What keeps its order: records of one key (default with a concurrency above 1; records without a key count as one key),
   * the whole partition (default otherwise), or nothing.
   */
  readonly ordering?: 'key' | 'partition' | 'none';
  /** Records of one partition between the first unfinished and the last taken. Beyond it reading pauses. Default 1000. */
  readonly inFlightMax?: number;
}

/** Where an event comes from. */
export interface EventContext {
  /** As it was read from its topic first, also if it comes from the ladder. */
  readonly record: StreamRecord;
  /** 1 at the first call; counts on up the ladder. */
  readonly attempt: number;
  /** Aborts when the partition is being taken away. */
  readonly signal: AbortSignal;
}

/** A batch with its decoded events; without a decoder `event` is the record. Refused records are not among them. */
export interface EventBatch<Event = unknown> extends PartitionBatch {
  readonly events: readonly { readonly event: Event; readonly record: StreamRecord }[];
}

export interface BatchOptions {
  /**
   * Exactly once from this topic to others: what the handler sends by {@link BatchContext.publisher} and the batch's offsets
   * become visible together when it resolves, or not at all. Readers use `isolation: 'read_committed'`, the default. Dead
   * letters and ladder records are written beside it, at least once. Default false.
   */
  readonly transactional?: boolean;
}

export interface BatchContext {
  readonly signal: AbortSignal;
  /** Sends events; in a transactional handler as a part of its transaction. */
  readonly publisher: StreamPublisher;
  /** Commits that everything before this offset of the batch's partition is handled. For `commit: 'manual'`. */
  commit(nextOffset: bigint): Promise<void>;
  /**
   * Hands one record of the batch to the next rung of the ladder, or to the dead letters after the last attempt. With
   * `ladderOrder: 'key'` the handler hands over later records of the same key, too: those for which {@link mustWait} is true.
   */
  retry(record: StreamRecord, error: unknown): Promise<'ladder' | 'dead-letter'>;
  /** With `ladderOrder: 'key'`: an earlier record of its key is on the ladder. It goes behind that by {@link retry}. */
  mustWait(record: StreamRecord): boolean;
  /** Makes one record of the batch a dead letter. */
  deadLetter(record: StreamRecord, reason: string): Promise<void>;
  /** 1 for a record that is handled for the first time; more for one that comes from the ladder. */
  attemptOf(record: StreamRecord): number;
  /** Runs work in the trace of one of the records: a batch has a trace of its own. */
  inTraceOf<T>(record: StreamRecord, work: () => T): T;
}

/** For {@link OnPartitionsAssigned} hooks. */
export interface AssignmentContext {
  /** Aborts when the application stops. */
  readonly signal: AbortSignal;
  /**
   * Replays a compacted topic, such as `<group>.state`, into `apply`: the given partition from its first record to its end. No
   * event of the assigned partitions is handled before the hook resolves. `state` is null for a deleted key. Gives the
   * number of records that were applied; those that the topic refuses are passed over with a warning.
   */
  restore<Input, Event>(
    topic: Topic<Input, Event>,
    partition: number,
    apply: (key: string, state: Event) => void | Promise<void>,
  ): Promise<number>;
}

export const CONSUMER_METADATA = 'streaming-core:consumer';
export const HANDLER_METADATA = 'streaming-core:handler';

export type HookKind = 'assigned' | 'revoked' | 'lost';
export type HandlerMetadata = TopicHandlerMetadata | { readonly kind: HookKind };

interface TopicHandlerMetadata {
  readonly kind: 'event' | 'batch';
  readonly topic: string | Topic<never, unknown>;
  readonly transactional?: boolean;
}

/** A decorator that fits only methods that can take what it hands over. */
export type HandlerDecorator<Handler extends (...args: never[]) => unknown> = <Method extends Handler>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

export type EventHandler<Event> = (event: Event, context: EventContext) => unknown;
export type BatchHandler<Event> = (batch: EventBatch<Event>, context: BatchContext) => unknown;

/** Marks a provider whose methods handle the records of a consumer group. */
export function StreamConsumer(options: StreamConsumerOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(CONSUMER_METADATA, options));
}

/** `method(event, context: EventContext)`: called for each record of the topic, in order per key. */
export function OnEvent<Input, Event>(topic: Topic<Input, Event>): HandlerDecorator<EventHandler<Event>>;
export function OnEvent(topic: string): MethodDecorator;
export function OnEvent(topic: string | Topic<never, unknown>): MethodDecorator {
  return handler({ kind: 'event', topic });
}

/** `method(batch: EventBatch<Event>, context: BatchContext)`: called with one batch at a time per partition. */
export function OnBatch<Input, Event>(
  topic: Topic<Input, Event>,
  options?: BatchOptions,
): HandlerDecorator<BatchHandler<Event>>;
export function OnBatch(topic: string, options?: BatchOptions): MethodDecorator;
export function OnBatch(topic: string | Topic<never, unknown>, options: BatchOptions = {}): MethodDecorator {
  return handler({ kind: 'batch', topic, ...options });
}

export type AssignedHook = (
  partitions: readonly TopicPartition[],
  context: AssignmentContext,
  // A hook that has no positions to give may be one that returns nothing.
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type
) => Promise<readonly TopicPartitionOffset[] | undefined> | Promise<void> | void;

/**
 * `method(partitions, context: AssignmentContext)`: called before the first event of newly assigned partitions, and awaited.
 * Positions that it returns take the place of the committed offsets.
 */
export function OnPartitionsAssigned(): HandlerDecorator<AssignedHook> {
  return handler({ kind: 'assigned' });
}

/** `method(partitions): Promise<void>`: called when partitions are taken away, after their last event, while commits count. */
export function OnPartitionsRevoked(): HandlerDecorator<(partitions: readonly TopicPartition[]) => unknown> {
  return handler({ kind: 'revoked' });
}

/**
 * `method(partitions): Promise<void>`: called when others have the partitions already, because the session expired. Default: the
 * {@link OnPartitionsRevoked} hook.
 */
export function OnPartitionsLost(): HandlerDecorator<(partitions: readonly TopicPartition[]) => unknown> {
  return handler({ kind: 'lost' });
}

/** The `StreamClient` of the application, or of a named connection. */
export function InjectStreamClient(connection?: string): ParameterDecorator & PropertyDecorator {
  return Inject(streamClientToken(connection));
}

/** The `StreamProducer` of the application, or of a named connection. */
export function InjectStreamProducer(connection?: string): ParameterDecorator & PropertyDecorator {
  return Inject(streamProducerToken(connection));
}

/** The `TopicProducer` that `StreamingModule.forFeature([topic])` provides. */
export function InjectProducer<Input, Event>(topic: Topic<Input, Event>, connection?: string): ParameterDecorator {
  return Inject(producerToken(topic.name, connection));
}

/** A method may carry several: one handler for two topics. */
function handler(metadata: HandlerMetadata): MethodDecorator {
  return (_target, _property, descriptor) => {
    const method = descriptor.value as object;
    const existing = (Reflect.getMetadata(HANDLER_METADATA, method) ?? []) as HandlerMetadata[];
    Reflect.defineMetadata(HANDLER_METADATA, [...existing, metadata], method);
  };
}
