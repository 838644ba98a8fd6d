import type { Clock } from '../../ports/clock.js';
import type { QuotaEntity, QuotaKey } from './quota-entity.js';
import type { QuotaStore } from './quota-store.js';
import { QuotaTable, type Limit, type QuotaEntry, type QuotaFilter, type QuotaOperation } from './quota-table.js';
import { RateMeter } from './rate-meter.js';
import { TokenBucket } from './token-bucket.js';

/** Whom a quota is measured by. */
export interface QuotaClient {
  /** `User:alice`. */
  readonly principal: string;
  readonly clientId: string;
}

/** Meters of clients that come and go: beyond this many the one that was used longest ago is forgotten. */
const METERS_MAX = 10_000;
/** What an int32 of milliseconds holds. */
const THROTTLE_MS_MAX = 2 ** 31 - 1;
/** A quota of time throttles for one window at most, as in Kafka: a slow request may not lock its client out. */
const REQUEST_THROTTLE_MS_MAX = 1_000;

type RateKey = 'producer_byte_rate' | 'consumer_byte_rate' | 'request_percentage';

/**
 * Who may use how much, and who used how much. Whoever is over their quota is told for how long to keep still, and the broker does
 * not read from them for that time (KIP-13, KIP-124, KIP-219, KIP-599). Costs nothing while there are no quotas.
 */
export class ClientQuotas {
  #table: QuotaTable;
  readonly #meters = new Map<string, RateMeter>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(
    private readonly store: QuotaStore,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {
    this.#table = new QuotaTable(store.load());
  }

  get isEmpty(): boolean {
    return this.#table.isEmpty;
  }

  /** Durable on return, and in force. @throws {QuotaError | StorageError} */
  alter(entity: QuotaEntity, operations: readonly QuotaOperation[], validateOnly: boolean): void {
    const table = this.#table.altered(entity, operations);
    if (validateOnly) return;
    this.store.save(table.entries());
    this.#table = table;
  }

  /** @throws {QuotaError} */
  describe(filters: readonly QuotaFilter[], strict: boolean): readonly QuotaEntry[] {
    return this.#table.matching(filters, strict);
  }

  /**
   * Counts bytes of a produce request or a fetch response, or milliseconds that a request kept the broker busy. Returns for how
   * long the client must keep still, in ms; 0 if it is within its quota.
   */
  record(key: RateKey, client: QuotaClient, amount: number): number {
    const limit = this.#limitFor(key, client);
    if (limit === null || amount <= 0) return 0;
    const nowMs = this.clock.monotonicMs();
    // Milliseconds of a second are tenths of a percent.
    return this.#measure(key, limit, key === 'request_percentage' ? amount / 10 : amount, nowMs);
  }

  /** Counts a new connection; returns for how long it must wait to be read from. */
  recordConnection(ip: string): number {
    const limit = this.#table.limitForAddress(ip);
    return limit === null ? 0 : this.#measure('connection_creation_rate', limit, 1, this.clock.monotonicMs());
  }

  /** What one request may create, grow and delete. Strict is one that understands THROTTLING_QUOTA_EXCEEDED. */
  mutations(client: QuotaClient, isStrict: boolean): MutationQuota {
    const limit = this.#limitFor('controller_mutation_rate', client);
    if (limit === null) return UNLIMITED;
    const bucket = this.#bucket(limit);
    const nowMs = (): number => this.clock.monotonicMs();
    return {
      tryTake: (partitions) => {
        if (isStrict && bucket.isInDebt(nowMs())) return false;
        bucket.take(partitions, nowMs());
        return true;
      },
      throttleTimeMs: () => Math.min(bucket.throttleMs(nowMs()), THROTTLE_MS_MAX),
    };
  }

  #limitFor(key: QuotaKey, { principal, clientId }: QuotaClient): Limit | null {
    if (this.#table.isEmpty) return null;
    return this.#table.limitFor(key, principal.slice(principal.indexOf(':') + 1), clientId);
  }

  #measure(key: QuotaKey, { limit, scope }: Limit, amount: number, nowMs: number): number {
    const meter = touch(this.#meters, `${key}\0${scope}`, () => new RateMeter());
    meter.record(amount, nowMs);
    const mostMs = key === 'request_percentage' ? REQUEST_THROTTLE_MS_MAX : THROTTLE_MS_MAX;
    return Math.min(meter.throttleMs(limit, nowMs), mostMs);
  }

  #bucket({ limit, scope }: Limit): TokenBucket {
    const nowMs = this.clock.monotonicMs();
    const bucket = touch(this.#buckets, scope, () => new TokenBucket(limit, nowMs));
    bucket.setRate(limit, nowMs);
    return bucket;
  }
}

export interface MutationQuota {
  /** False, and nothing taken, if the quota is used up and the client can be told so. */
  tryTake(partitions: number): boolean;
  /** For the response. */
  throttleTimeMs(): number;
}

const UNLIMITED: MutationQuota = { tryTake: () => true, throttleTimeMs: () => 0 };

/** The entry of a map that forgets what was touched longest ago. */
function touch<T>(map: Map<string, T>, key: string, create: () => T): T {
  const value = map.get(key) ?? create();
  map.delete(key);
  map.set(key, value);
  if (map.size > METERS_MAX) map.delete(map.keys().next().value!);
  return value;
}
