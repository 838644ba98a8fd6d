import {
  checkQuota,
  entityKey,
  entityParts,
  isEntityType,
  QuotaError,
  type EntityPart,
  type QuotaEntity,
  type QuotaKey,
} from './quota-entity.js';

export type QuotaValues = Readonly<Partial<Record<QuotaKey, number>>>;

/** One entity with its quotas. */
export interface QuotaEntry {
  readonly entity: QuotaEntity;
  readonly values: QuotaValues;
}

export interface QuotaOperation {
  readonly key: string;
  readonly value: number;
  readonly remove: boolean;
}

/** By the code in the protocol: a name, the default, or any that is there. */
export const MATCH = { exact: 0, default: 1, any: 2 } as const;

export interface QuotaFilter {
  readonly entityType: string;
  readonly matchType: number;
  readonly match: string | null;
}

/** The limit that holds for somebody, and what they share it with: those with the same `scope`. */
export interface Limit {
  readonly limit: number;
  readonly scope: string;
}

const ENTITIES_MAX = 10_000;

/** All quotas, by entity (KIP-13, KIP-55, KIP-546). Pure. */
export class QuotaTable {
  readonly #entries = new Map<string, QuotaEntry>();

  constructor(entries: readonly QuotaEntry[] = []) {
    for (const entry of entries) this.#entries.set(entityKey(entry.entity), entry);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  entries(): QuotaEntry[] {
    return [...this.#entries.values()];
  }

  /** The table with one entity's quotas changed. @throws {QuotaError} */
  altered(entity: QuotaEntity, operations: readonly QuotaOperation[]): QuotaTable {
    const key = entityKey(entity);
    const values = new Map(Object.entries(this.#entries.get(key)?.values ?? {}));
    for (const { key: quota, value, remove } of operations) {
      checkQuota(entity, quota, remove ? 1 : value);
      if (remove) values.delete(quota);
      else values.set(quota, value);
    }
    if (values.size > 0 && !this.#entries.has(key) && this.#entries.size >= ENTITIES_MAX) {
      throw new QuotaError('POLICY_VIOLATION', `At most ${ENTITIES_MAX} entities have quotas.`);
    }
    const others = this.entries().filter((entry) => entityKey(entry.entity) !== key);
    return new QuotaTable(values.size === 0 ? others : [...others, { entity, values: Object.fromEntries(values) }]);
  }

  /** Entities that match every filter; `strict` leaves out those that have other types too. @throws {QuotaError} */
  matching(filters: readonly QuotaFilter[], strict: boolean): QuotaEntry[] {
    checkFilters(filters);
    return this.entries().filter(({ entity }) => {
      const parts = entityParts(entity);
      if (strict && parts.length !== filters.length) return false;
      return filters.every((filter) => parts.some((part) => matches(filter, part)));
    });
  }

  /** The first that there is, in Kafka's order: user and client id, user, client id; names before defaults. */
  limitFor(key: QuotaKey, user: string, clientId: string): Limit | null {
    if (this.isEmpty) return null;
    const both = ['user', user, clientId].join('\0');
    const candidates: readonly (readonly [QuotaEntity, string])[] = [
      [{ user, 'client-id': clientId }, both],
      [{ user, 'client-id': null }, both],
      [{ user }, `user\0${user}`],
      [{ user: null, 'client-id': clientId }, both],
      [{ user: null, 'client-id': null }, both],
      [{ user: null }, `user\0${user}`],
      [{ 'client-id': clientId }, `client-id\0${clientId}`],
      [{ 'client-id': null }, `client-id\0${clientId}`],
    ];
    return this.#first(key, candidates);
  }

  limitForAddress(ip: string): Limit | null {
    if (this.isEmpty) return null;
    return this.#first('connection_creation_rate', [
      [{ ip }, ip],
      [{ ip: null }, ip],
    ]);
  }

  #first(key: QuotaKey, candidates: readonly (readonly [QuotaEntity, string])[]): Limit | null {
    for (const [entity, scope] of candidates) {
      const limit = this.#entries.get(entityKey(entity))?.values[key];
      if (limit !== undefined) return { limit, scope };
    }
    return null;
  }
}

function checkFilters(filters: readonly QuotaFilter[]): void {
  const types = filters.map(({ entityType }) => entityType);
  for (const { entityType, matchType, match } of filters) {
    if (entityType === '') throw new QuotaError('INVALID_REQUEST', 'Unexpected empty filter component entity type');
    if (!isEntityType(entityType)) {
      throw new QuotaError('UNSUPPORTED_VERSION', `Custom entity type '${entityType}' not supported`);
    }
    if (matchType < MATCH.exact || matchType > MATCH.any) {
      throw new QuotaError('INVALID_REQUEST', `Unknown match type ${matchType}`);
    }
    if (matchType === MATCH.exact && match === null) {
      throw new QuotaError('INVALID_REQUEST', 'Request specified MATCH_TYPE_EXACT, but set null to match');
    }
  }
  if (new Set(types).size < types.length) {
    throw new QuotaError('INVALID_REQUEST', 'Duplicate filter component entity type');
  }
  if (types.includes('ip') && types.length > 1) {
    throw new QuotaError('INVALID_REQUEST', 'An ip filter goes with neither user nor client-id');
  }
}

function matches({ entityType, matchType, match }: QuotaFilter, part: EntityPart): boolean {
  if (part.entityType !== entityType) return false;
  if (matchType === MATCH.any) return true;
  return part.entityName === (matchType === MATCH.exact ? match : null);
}
