import { StreamClientError, type OutgoingRecord, type StreamRecord, type TopicSpec } from '../client/types.js';
import { describeIssues, type StandardResult, type StandardSchema } from './standard-schema.js';

/** What a decoder makes of a record: an event, or the reason why it is none. It should not throw. */
export type DecodeResult<Event = unknown> =
  { readonly ok: true; readonly event: Event } | { readonly ok: false; readonly reason: string };

export interface TopicOptions<Input, Output> {
  readonly name: string;
  /** Any Standard Schema: zod, valibot, arktype. Checks what is sent and what is read. */
  readonly schema: StandardSchema<Input, Output>;
  /** The record key: events of one key are kept and handled in order. Without it records are spread round-robin. */
  readonly key?: (event: Output) => string;
  /** Headers of each record, such as a type or a version. */
  readonly headers?: (event: Output) => Readonly<Record<string, string>>;
  /** With it the topic is created at start where it is missing. */
  readonly partitions?: number;
  /** Topic configs by Kafka's names, for the creation. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Where to write, if the key is not to decide. */
export interface SendOptions {
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
}

/**
 * A topic with its event type, defined once and used by producers and handlers. `Input` is what is written (as JSON), `Event`
 * what the schema makes of it, null for a tombstone on a topic that has them.
 */
export interface Topic<Input, Event> {
  readonly name: string;
  readonly spec: TopicSpec | undefined;
  /** True if a record without value is an event (null), not a fault. */
  readonly tombstones: boolean;
  /** Rejects `INVALID_RECORD` when the schema refuses the event. */
  encode(event: Input, options?: SendOptions): Promise<OutgoingRecord>;
  /** A record that deletes `key` from a compacted topic. */
  tombstone(key: string, options?: SendOptions): OutgoingRecord;
  decode(record: StreamRecord): DecodeResult<Event> | Promise<DecodeResult<Event>>;
}

/** The event type that handlers of a topic get. */
export type EventOf<T> = T extends Topic<infer _Input, infer Event> ? Event : never;
/** The type that producers of a topic take. */
export type InputOf<T> = T extends Topic<infer Input, infer _Event> ? Input : never;

/**
 * Defines a topic. Values are JSON, readable with any Kafka tool.
 *
 * @example
 * export const Orders = defineTopic({
 *   name: 'orders',
 *   schema: z.object({ id: z.string(), amount: z.number().positive() }),
 *   key: (order) => order.id,
 * });
 */
export function defineTopic<Input, Output>(options: TopicOptions<Input, Output>): Topic<Input, Output> {
  return new JsonTopic<Input, Output, Output>(options, false);
}

/** A topic that keeps the latest record of each key (`cleanup.policy=compact`); handlers get null for a deleted key. */
export function defineCompactedTopic<Input, Output>(
  options: TopicOptions<Input, Output> & { readonly key: (event: Output) => string },
): Topic<Input, Output | null> {
  const config = { 'cleanup.policy': 'compact', ...options.config };
  return new JsonTopic<Input, Output, Output | null>({ ...options, config }, true);
}

class JsonTopic<Input, Output, Event extends Output | null> implements Topic<Input, Event> {
  readonly name: string;
  readonly spec: TopicSpec | undefined;
  readonly #options: TopicOptions<Input, Output>;

  constructor(
    options: TopicOptions<Input, Output>,
    readonly tombstones: boolean,
  ) {
    const { name, partitions, config } = options;
    if (!/^[\w.-]{1,249}$/.test(name)) throw new Error(`not a topic name: "${name}"`);
    this.name = name;
    this.#options = options;
    this.spec = partitions === undefined ? undefined : { name, partitions, ...(config && { config }) };
  }

  async encode(event: Input, options: SendOptions = {}): Promise<OutgoingRecord> {
    const result = await this.#options.schema['~standard'].validate(event);
    if (result.issues) {
      throw new StreamClientError('INVALID_RECORD', `${this.name}: ${describeIssues(result.issues)}`);
    }
    const { key, headers } = this.#options;
    return this.#record(key?.(result.value) ?? null, JSON.stringify(event), {
      ...options,
      headers: { ...headers?.(result.value), ...options.headers },
    });
  }

  tombstone(key: string, options: SendOptions = {}): OutgoingRecord {
    return this.#record(key, null, options);
  }

  decode(record: StreamRecord): DecodeResult<Event> | Promise<DecodeResult<Event>> {
    if (record.value === null) {
      return this.tombstones ? { ok: true, event: null as Event } : { ok: false, reason: 'the record has no value' };
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(record.value.toString('utf8'));
    } catch {
      return { ok: false, reason: 'value is not JSON' };
    }
    const result = this.#options.schema['~standard'].validate(parsed);
    return result instanceof Promise ? result.then(toDecoded<Output, Event>) : toDecoded<Output, Event>(result);
  }

  #record(key: string | null, value: string | null, { partition, headers, timestamp }: SendOptions): OutgoingRecord {
    return {
      topic: this.name,
      key,
      value,
      ...(partition !== undefined && { partition }),
      ...(headers && { headers }),
      ...(timestamp !== undefined && { timestamp }),
    };
  }
}

function toDecoded<Output, Event extends Output | null>(result: StandardResult<Output>): DecodeResult<Event> {
  return result.issues
    ? { ok: false, reason: describeIssues(result.issues) }
    : { ok: true, event: result.value as unknown as Event };
}
