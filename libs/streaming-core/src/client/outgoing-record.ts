import type { OutgoingRecord } from './types.js';

/**
 * Why a record cannot be written, or null. Types say the same, but records come from data: one that fails while its batch is
 * being built or sent would take its neighbours with it.
 */
export function problemWithRecord(record: OutgoingRecord): string | null {
  const { topic, partition, key, value, timestamp, headers } = record as { [K in keyof OutgoingRecord]: unknown };
  if (typeof topic !== 'string' || topic === '') return 'a record needs a topic';
  if (partition !== undefined && !isWhole(partition)) return `${topic}: not a partition: ${JSON.stringify(partition)}`;
  if (timestamp !== undefined && !isWhole(timestamp))
    return `${topic}: not a timestamp in ms: ${JSON.stringify(timestamp)}`;
  if (key !== null && typeof key !== 'string') return `${topic}: a key is a string or null`;
  if (value !== null && typeof value !== 'string' && !Buffer.isBuffer(value)) {
    return `${topic}: a value is a string, a Buffer or null`;
  }
  if (headers === undefined) return null;
  for (const [name, header] of Object.entries(headers as object)) {
    if (typeof header !== 'string') return `${topic}: header ${name} is not a string`;
  }
  return null;
}

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
