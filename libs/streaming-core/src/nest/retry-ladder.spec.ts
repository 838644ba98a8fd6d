import { describe, expect, it } from '@jest/globals';
import type { StreamRecord } from '../client/types.js';
import { KeyLedger } from './key-ledger.js';
import { fromOrigin, fromRung, retryTopic, toRung } from './retry-ladder.js';

const record: StreamRecord = {
  topic: 'orders',
  partition: 2,
  offset: 41n,
  timestamp: 1_000,
  key: 'o-1',
  value: Buffer.from('{}'),
  headers: new Map([['traceparent', '00-1']]),
};

/** As a broker would give it back. */
function read(sent: ReturnType<typeof toRung>, offset: bigint): StreamRecord {
  return {
    topic: sent.topic,
    partition: sent.partition!,
    offset,
    timestamp: sent.timestamp!,
    key: sent.key,
    value: sent.value as Buffer,
    headers: new Map(Object.entries(sent.headers ?? {})),
  };
}

describe('the retry ladder', () => {
  it('carries a record up and gives it back as it was', () => {
    const failed = { ...fromOrigin(record), rung: 1, attempts: 2 };
    const sent = toRung(failed, { groupId: 'billing', dueMs: 5_000.4, error: new TypeError('x'.repeat(1_000)) });
    expect(sent).toMatchObject({ topic: 'orders.billing.retry.1', partition: 2, key: 'o-1', timestamp: 1_000 });
    expect(sent.headers).toMatchObject({ traceparent: '00-1', 'retry-topic': 'orders', 'retry-offset': '41' });
    expect(sent.headers?.['retry-error']).toHaveLength(300);
    expect(fromRung(read(sent, 7n), 'orders', 1)).toEqual({ record, rung: 1, attempts: 2, dueMs: 5_000 });
  });

  it('takes headers that anybody wrote for what they are', () => {
    const headers = new Map([
      ['retry-attempts', '-1'],
      ['retry-due', '9'.repeat(40)],
      ['retry-offset', 'x'],
      ['retry-topic', 'other'],
    ]);
    const odd = { ...record, topic: retryTopic('orders', 'g', 3), headers };
    expect(fromRung(odd, 'orders', 3)).toEqual({
      record: { ...record, headers: new Map() },
      rung: 3,
      attempts: 0,
      dueMs: 0,
    });
  });
});

describe('a key ledger', () => {
  it('knows behind which older record of its key one belongs', () => {
    const ledger = new KeyLedger();
    ledger.put('k', 5n, { rung: 1, dueMs: 10 });
    ledger.put('k', 7n, { rung: 1, dueMs: 10 });
    ledger.put('k', 5n, { rung: 2, dueMs: 30 });
    expect(ledger.blockerOf('k', 5n)).toBeUndefined();
    expect(ledger.blockerOf('k', 7n)).toEqual({ rung: 2, dueMs: 30 });
    expect(ledger.blockerOf('other', 9n)).toBeUndefined();
    ledger.remove('k', 5n);
    expect(ledger.blockerOf('k', 9n)).toEqual({ rung: 1, dueMs: 10 });
    ledger.remove('k', 7n);
    ledger.remove('k', 7n);
    ledger.remove('other', 1n);
    expect([ledger.has('k'), ledger.size]).toEqual([false, 0]);
  });
});
