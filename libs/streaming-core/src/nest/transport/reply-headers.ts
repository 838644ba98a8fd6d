/**
 * Headers by which requests and replies find each other. They are those of Nest's own Kafka transport (`KafkaHeaders` of
 * @nestjs/microservices), so that its `ClientKafka` and `ServerKafka` talk with this one.
 */
export const ReplyHeader = {
  correlationId: 'kafka_correlationId',
  replyTopic: 'kafka_replyTopic',
  replyPartition: 'kafka_replyPartition',
  error: 'kafka_nest-err',
  isDisposed: 'kafka_nest-is-disposed',
} as const;

/** Where replies to a pattern go. */
export function replyTopicOf(pattern: string): string {
  return `${pattern}.reply`;
}

/** As Nest's Kafka parser reads a value: JSON if it is JSON, else the text; null for a tombstone. */
export function parseValue(value: Buffer | null): unknown {
  if (value === null) return null;
  const text = value.toString('utf8');
  if (!/^[[{"\-\dtfn]/.test(text.trimStart())) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** As Nest's Kafka serializer writes one. */
export function formatValue(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return JSON.stringify(value);
}

export interface Message {
  readonly key: string | null;
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What an application hands to `emit` and `send`: `{ key, value, headers }`, or the value alone. */
export function toMessage(data: unknown): Message {
  const isMessage = typeof data === 'object' && data !== null && !Buffer.isBuffer(data) && 'value' in data;
  if (!isMessage) return { key: null, value: formatValue(data), headers: {} };
  const { key, value, headers } = data as { key?: unknown; value: unknown; headers?: unknown };
  const text = (field: unknown): string => (typeof field === 'string' ? field : String(formatValue(field) ?? ''));
  return {
    key: key === undefined || key === null ? null : text(key),
    value: formatValue(value),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, field]) => [name, text(field)])),
  };
}
