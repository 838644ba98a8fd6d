import type { z } from 'zod';
import { readLocation } from './read-location.js';
import { TOPICS, type EventOn, type TopicName } from './topics.js';

/** The key of every record on a topic whose key is `constant`. */
export const CITY_KEY = 'city';

/** A record ready to be produced: fits the client's `OutgoingRecord`. */
export interface EncodedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** JSON text, so that plain Kafka tools can read it. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Wall clock, milliseconds since 1970. */
  readonly timestamp: number;
}

export interface EncodeOptions {
  readonly partition: number;
  /** Wall clock, milliseconds since 1970. The event's own time is `event.at`, in city time. */
  readonly timestampMs: number;
  /** W3C trace context of what caused the event. */
  readonly traceparent?: string;
}

/** The part of a record that decoding looks at. */
export interface EncodedRecord {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers?: ReadonlyMap<string, string>;
}

export type DecodedEvent<T extends TopicName> =
  { readonly ok: true; readonly event: EventOn<T> } | { readonly ok: false; readonly reason: string };

/** Longest value that is looked at, in bytes. The events of the platform stay under 2 KB. */
const VALUE_BYTES_MAX = 64 * 1024;
const REASON_LENGTH_MAX = 300;

/** The key that an event has on its topic: the id whose events must stay in order. */
export function eventKey<T extends TopicName>(topic: T, event: EventOn<T>): string {
  const field = TOPICS[topic].key;
  if (field === 'constant') return CITY_KEY;
  return (event as unknown as Record<typeof field, string>)[field];
}

/** An event as a record. The event's type is what makes it valid: nothing is checked here. */
export function encodeEvent<T extends TopicName>(topic: T, event: EventOn<T>, options: EncodeOptions): EncodedEvent {
  const headers: Record<string, string> = {
    'event-type': event.type,
    'event-version': String(event.v),
    'event-time': String(event.at),
  };
  if (options.traceparent !== undefined) headers.traceparent = options.traceparent;
  return {
    topic: TOPICS[topic].name,
    partition: options.partition,
    key: eventKey(topic, event),
    value: JSON.stringify(event),
    headers,
    timestamp: options.timestampMs,
  };
}

/**
 * Reads and validates a record. Never throws: whatever is on the topic, the answer is an event or the reason why not.
 * Fields that the schema does not know are dropped, because a newer writer may add some within a version.
 */
export function decodeEvent<T extends TopicName>(topic: T, record: EncodedRecord): DecodedEvent<T> {
  const { value } = record;
  if (value === null) return refused('no value (a tombstone)');
  if (value.length > VALUE_BYTES_MAX) return refused(`value of ${value.length} bytes, at most ${VALUE_BYTES_MAX}`);
  let json: unknown;
  try {
    json = JSON.parse(value.toString('utf8'));
  } catch {
    return refused('value is not JSON');
  }
  if (topic === 'LocationUpdates') {
    const location = readLocation(json);
    if (location !== undefined && location.driverId === record.key) {
      return { ok: true, event: location as unknown as EventOn<T> };
    }
  }
  // The table's type loses the tie between a topic's name and its schema.
  const schema = TOPICS[topic].schema as unknown as z.ZodType<EventOn<T>>;
  const parsed = schema.safeParse(json);
  if (!parsed.success) return refused(explain(parsed.error));
  const key = eventKey(topic, parsed.data);
  if (record.key !== key) return refused(`key ${JSON.stringify(record.key)} is not the event's ${JSON.stringify(key)}`);
  return { ok: true, event: parsed.data };
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: reason.length > REASON_LENGTH_MAX ? `${reason.slice(0, REASON_LENGTH_MAX)}…` : reason };
}

/** `zone: Invalid input; at: Too small`, short enough for a header. */
function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.length > 0 ? issue.path.join('.') : 'event'}: ${issue.message}`)
    .join('; ');
}
