import type { StreamClient, StreamProducer, StreamRecord, TopicPartition, TopicSpec } from '../client/types.js';
import type {
  AssignedHook,
  BatchContext,
  EventBatch,
  EventContext,
  RetryPolicy,
} from './stream-consumer.decorators.js';
import type { StreamConsumerOptions } from './stream-consumer.decorators.js';
import type { StreamingMetrics } from './streaming-options.js';
import type { DecodeResult } from './topic.js';
import type { Tracing } from './tracing.js';

export type RecordDecoder = (record: StreamRecord) => DecodeResult | Promise<DecodeResult>;

export type TopicHandler = { readonly decode: RecordDecoder } & (
  | {
      readonly kind: 'event';
      readonly transactional?: false;
      readonly handle: (event: unknown, context: EventContext) => unknown;
    }
  | {
      readonly kind: 'batch';
      readonly transactional?: boolean;
      readonly handle: (batch: EventBatch, context: BatchContext) => unknown;
    }
);

/** A class with its handlers bound: what the decorators said. */
export interface ConsumerDefinition {
  readonly name: string;
  readonly options: StreamConsumerOptions;
  /** By topic. */
  readonly handlers: ReadonlyMap<string, TopicHandler>;
  /** Topics to be created where they are missing. */
  readonly topics?: readonly TopicSpec[];
  readonly onAssigned?: AssignedHook;
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => unknown;
  readonly onLost?: (partitions: readonly TopicPartition[]) => unknown;
}

export interface RunnerContext {
  readonly client: StreamClient;
  readonly producer: StreamProducer;
  readonly metrics: StreamingMetrics;
  readonly tracing: Tracing;
  readonly warn: (message: string, error: unknown) => void;
}

export type RetryRules = Required<RetryPolicy>;

/** @throws Error if the policy contradicts itself */
export function retryRules({ retry = {}, ordering }: StreamConsumerOptions): RetryRules {
  const ladderDelaysMs = retry.ladderDelaysMs ?? [];
  const rules: RetryRules = {
    attempts: ladderDelaysMs.length > 0 ? 1 : 5,
    firstDelayMs: 100,
    maxDelayMs: 5_000,
    ladderOrder: 'none',
    ladderKeysMax: 10_000,
    exhausted: 'dead-letter',
    ...retry,
    ladderDelaysMs,
  };
  const numbers = [rules.attempts, rules.ladderKeysMax];
  if (numbers.some((count) => !Number.isSafeInteger(count) || count < 1)) {
    throw new Error('retry: attempts and ladderKeysMax are whole numbers from 1');
  }
  if (ladderDelaysMs.some((delayMs) => !Number.isFinite(delayMs) || delayMs < 0)) {
    throw new Error('retry: ladderDelaysMs are milliseconds');
  }
  if (rules.ladderOrder === 'key' && ordering === 'none') {
    throw new Error("retry: ladderOrder 'key' keeps an order that ordering 'none' does not have");
  }
  return rules;
}
