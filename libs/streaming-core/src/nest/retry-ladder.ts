import type { OutgoingRecord, StreamRecord } from '../client/types.js';
import { describeError } from './describe-error.js';

/** The topic of a group's rung, from 1. What lies there is handled again once its delay is over. */
export function retryTopic(topic: string, groupId: string, rung: number): string {
  return `${topic}.${groupId}.retry.${rung}`;
}

/** A record as it was read first, and what has become of it since. */
export interface Attempted {
  /** With the topic, partition, offset and headers of its origin. */
  readonly record: StreamRecord;
  /** 0: from its own topic. */
  readonly rung: number;
  /** Calls of the handler so far, in which it failed. */
  readonly attempts: number;
  /** Not to be handled before; milliseconds since 1970. */
  readonly dueMs: number;
}

const HEADER = {
  topic: 'retry-topic',
  partition: 'retry-partition',
  offset: 'retry-offset',
  attempts: 'retry-attempts',
  due: 'retry-due',
  error: 'retry-error',
} as const;
const OWN_HEADERS: ReadonlySet<string> = new Set(Object.values(HEADER));
const ERROR_CHARS_MAX = 300;

/** A record on its way to a rung; `dueMs` says when it may be handled. */
export function toRung(
  { record, rung, attempts }: Attempted,
  { groupId, dueMs, error }: { readonly groupId: string; readonly dueMs: number; readonly error: unknown },
): OutgoingRecord {
  const { topic, partition, offset, key, value, timestamp, headers } = record;
  return {
    topic: retryTopic(topic, groupId, rung),
    partition,
    key,
    value,
    timestamp,
    headers: {
      ...Object.fromEntries(headers),
      [HEADER.topic]: topic,
      [HEADER.partition]: String(partition),
      [HEADER.offset]: String(offset),
      [HEADER.attempts]: String(attempts),
      [HEADER.due]: String(Math.round(dueMs)),
      [HEADER.error]: describeError(error).slice(0, ERROR_CHARS_MAX),
    },
  };
}

/**
 * A record that was read from a rung. Headers come from whoever can write there: numbers that are none count as zero, so
 * that such a record is handled at once, and the origin defaults to the rung's own.
 */
export function fromRung(record: StreamRecord, origin: string, rung: number): Attempted {
  // Field by field: a record's are computed when they are asked for.
  const { key, value, timestamp, headers } = record;
  const partition = wholeNumber(headers.get(HEADER.partition)) ?? record.partition;
  const offset = wholeNumber(headers.get(HEADER.offset));
  return {
    record: {
      topic: origin,
      partition,
      ...{ key, value, timestamp },
      offset: offset === undefined ? record.offset : BigInt(offset),
      headers: withoutRetryHeaders(headers),
    },
    rung,
    attempts: wholeNumber(headers.get(HEADER.attempts)) ?? 0,
    dueMs: wholeNumber(headers.get(HEADER.due)) ?? 0,
  };
}

export function fromOrigin(record: StreamRecord): Attempted {
  return { record, rung: 0, attempts: 0, dueMs: 0 };
}

export function withoutRetryHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => !OWN_HEADERS.has(name)));
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
