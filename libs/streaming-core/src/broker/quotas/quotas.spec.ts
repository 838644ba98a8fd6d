import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../../ports/memory/manual-clock.js';
import { MemoryStorage } from '../../ports/memory/memory-storage.js';
import { ClientQuotas } from './client-quotas.js';
import { Mute } from './mute.js';
import { parseEntity } from './quota-entity.js';
import { QuotaStore } from './quota-store.js';
import { QuotaTable, type QuotaOperation } from './quota-table.js';
import { RateMeter } from './rate-meter.js';
import { TokenBucket } from './token-bucket.js';

const set = (key: string, value: number): QuotaOperation => ({ key, value, remove: false });
const alice = { principal: 'User:alice', clientId: 'app' };

describe('a rate meter', () => {
  it('lets a burst pass that is within the quota of eleven seconds, and says how long to rest after more', () => {
    const meter = new RateMeter();
    meter.record(1_000, 0);
    expect(meter.throttleMs(100, 0)).toBe(0);
    meter.record(1_000, 0);
    expect(meter.throttleMs(100, 0)).toBe(10_000);
  });

  it('forgets', () => {
    const meter = new RateMeter();
    meter.record(5_000, 0);
    expect(meter.rate(10_999)).toBeGreaterThan(0);
    expect(meter.rate(11_000)).toBe(0);
    expect(meter.isIdle(11_000)).toBe(true);
  });

  it('keeps whoever rests as told at the quota in the long run', () => {
    const limit = 1_000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 50, maxLength: 120 }), (requests) => {
        const meter = new RateMeter();
        let nowMs = 0;
        let sum = 0;
        for (const bytes of requests) {
          meter.record(bytes, nowMs);
          sum += bytes;
          nowMs += meter.throttleMs(limit, nowMs) + 1;
        }
        // Beyond it: one burst of what eleven windows hold, the last request, and what windows forget that end in a rest.
        return sum <= 1.5 * ((limit * nowMs) / 1_000) + limit * 11 + 20_000;
      }),
    );
  });
});

it('a token bucket gives what it has, lends once, and is paid back by time', () => {
  const bucket = new TokenBucket(2, 0);
  bucket.take(22, 0);
  expect([bucket.isInDebt(0), bucket.throttleMs(0)]).toEqual([false, 0]);
  bucket.take(4, 0);
  expect([bucket.isInDebt(0), bucket.throttleMs(0)]).toEqual([true, 2_000]);
  expect([bucket.isInDebt(2_000), bucket.isFull(2_000)]).toEqual([false, false]);
  expect(bucket.isFull(60_000)).toBe(true);
});

it('a client is heard again when its time is over, the longest one', () => {
  const clock = new ManualClock();
  let ends = 0;
  const mute = new Mute(clock, () => (ends += 1));
  mute.extend(100);
  mute.extend(300);
  mute.extend(200);
  clock.advance(299);
  expect([mute.isOn, ends]).toEqual([true, 0]);
  clock.advance(1);
  expect([mute.isOn, ends]).toEqual([false, 1]);
  mute.extend(10);
  mute.cancel();
  expect([mute.isOn, clock.pendingTimers]).toEqual([false, 0]);
});

describe('quotas', () => {
  const table = (...entries: [Record<string, string | null>, number][]): QuotaTable =>
    entries.reduce((all, [entity, value]) => all.altered(entity, [set('producer_byte_rate', value)]), new QuotaTable());
  const limit = (quotas: QuotaTable, user: string, clientId: string) =>
    quotas.limitFor('producer_byte_rate', user, clientId)?.limit;

  it('hold by user and client id before user before client id, and by name before default', () => {
    const order: Record<string, string | null>[] = [
      { user: 'alice', 'client-id': 'app' },
      { user: 'alice', 'client-id': null },
      { user: 'alice' },
      { user: null, 'client-id': 'app' },
      { user: null, 'client-id': null },
      { user: null },
      { 'client-id': 'app' },
      { 'client-id': null },
    ];
    for (let from = 0; from < order.length; from++) {
      const quotas = table(
        ...order.slice(from).map((entity, index) => [entity, from + index + 1] as [typeof entity, number]),
      );
      expect(limit(quotas, 'alice', 'app')).toBe(from + 1);
    }
    expect(limit(table([{ user: 'bob' }, 1]), 'alice', 'app')).toBeUndefined();
  });

  it('of a user are shared by all its clients, those of a client id by all its users', () => {
    const scope = (quotas: QuotaTable, user: string, clientId: string) =>
      quotas.limitFor('producer_byte_rate', user, clientId)?.scope;
    const byUser = table([{ user: null }, 1]);
    expect(scope(byUser, 'alice', 'a')).toBe(scope(byUser, 'alice', 'b'));
    expect(scope(byUser, 'alice', 'a')).not.toBe(scope(byUser, 'bob', 'a'));
    const byClient = table([{ 'client-id': null }, 1]);
    expect(scope(byClient, 'alice', 'a')).toBe(scope(byClient, 'bob', 'a'));
  });

  it('are found by filter', () => {
    const quotas = table([{ user: 'alice' }, 1], [{ user: 'alice', 'client-id': 'app' }, 2], [{ user: null }, 3]);
    const found = (filters: { entityType: string; matchType: number; match: string | null }[], strict = false) =>
      quotas.matching(filters, strict).map(({ values }) => values.producer_byte_rate);
    expect(found([{ entityType: 'user', matchType: 0, match: 'alice' }])).toEqual([1, 2]);
    expect(found([{ entityType: 'user', matchType: 0, match: 'alice' }], true)).toEqual([1]);
    expect(found([{ entityType: 'user', matchType: 1, match: null }])).toEqual([3]);
    expect(found([{ entityType: 'user', matchType: 2, match: null }])).toEqual([1, 2, 3]);
    expect(found([])).toEqual([1, 2, 3]);
    expect(() => found([{ entityType: 'planet', matchType: 2, match: null }])).toThrow('Custom entity type');
  });

  it.each<[[string, string][], string]>([
    [[], 'Invalid empty client quota entity'],
    [[['planet', 'x']], 'Unhandled client quota entity type: planet'],
    [
      [
        ['user', 'x'],
        ['user', 'y'],
      ],
      'duplicate',
    ],
    [
      [
        ['ip', '::1'],
        ['user', 'y'],
      ],
      'combination',
    ],
    [[['user', '']], 'Empty user'],
  ])('refuse %j', (parts, message) => {
    const entity = parts.map(([entityType, entityName]) => ({ entityType, entityName }));
    expect(() => parseEntity(entity)).toThrow(message);
  });

  it('refuse keys and values that make no sense', () => {
    const quotas = new QuotaTable();
    expect(() => quotas.altered({ user: 'a' }, [set('connection_creation_rate', 1)])).toThrow(
      'Invalid configuration key',
    );
    expect(() => quotas.altered({ ip: 'a' }, [set('producer_byte_rate', 1)])).toThrow('Invalid configuration key');
    expect(() => quotas.altered({ user: 'a' }, [set('producer_byte_rate', 0)])).toThrow('greater than 0');
    expect(() => quotas.altered({ user: 'a' }, [set('producer_byte_rate', Number.NaN)])).toThrow('greater than 0');
    expect(() => quotas.altered({ user: 'a' }, [set('producer_byte_rate', 1.5)])).toThrow('fractional');
    expect(quotas.altered({ user: 'a' }, [set('request_percentage', 1.5)]).entries()).toHaveLength(1);
  });

  it('are durable, measured, and forgotten when they are removed', () => {
    const storage = new MemoryStorage();
    storage.makeDirectory('/data');
    const clock = new ManualClock();
    const start = () => new ClientQuotas(new QuotaStore(storage, '/data'), clock);
    start().alter({ 'client-id': 'app' }, [set('consumer_byte_rate', 100), set('request_percentage', 10)], false);
    storage.crash();
    const quotas = start();
    expect(quotas.describe([], false)).toHaveLength(1);
    expect(quotas.record('consumer_byte_rate', alice, 1_000)).toBe(0);
    expect(quotas.record('consumer_byte_rate', alice, 1_000)).toBe(10_000);
    expect(quotas.record('consumer_byte_rate', { ...alice, clientId: 'other' }, 1_000_000)).toBe(0);
    expect(quotas.record('producer_byte_rate', alice, 1_000_000)).toBe(0);
    // 60 seconds of work in no time: as long as one window, no more.
    expect(quotas.record('request_percentage', alice, 60_000)).toBe(1_000);
    clock.advance(12_000);
    expect(quotas.record('consumer_byte_rate', alice, 1)).toBe(0);
    quotas.alter({ 'client-id': 'app' }, [{ key: 'consumer_byte_rate', value: 0, remove: true }], false);
    expect(quotas.record('consumer_byte_rate', alice, 1_000_000)).toBe(0);
  });

  it('of mutations refuse those who understand it, and let the others rest', () => {
    const storage = new MemoryStorage();
    storage.makeDirectory('/data');
    const quotas = new ClientQuotas(new QuotaStore(storage, '/data'), new ManualClock());
    quotas.alter({ user: null }, [set('controller_mutation_rate', 1)], false);
    const take = (isStrict: boolean, partitions: number) => {
      const quota = quotas.mutations(alice, isStrict);
      return [quota.tryTake(partitions), quota.throttleTimeMs()];
    };
    expect(take(true, 15)).toEqual([true, 4_000]);
    expect(take(true, 1)).toEqual([false, 4_000]);
    expect(take(false, 1)).toEqual([true, 5_000]);
  });
});
