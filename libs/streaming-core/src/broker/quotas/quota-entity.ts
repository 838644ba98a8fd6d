import { isIP } from 'node:net';
import type { KafkaErrorName } from '../../wire/error-codes.js';

/** Why quotas cannot be changed or shown. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError';
  constructor(
    readonly code: KafkaErrorName,
    message: string,
  ) {
    super(message);
  }
}

export const ENTITY_TYPES = ['user', 'client-id', 'ip'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

/** Whom a quota is for: by type its name, or null for all that have none of their own. */
export type QuotaEntity = Readonly<Partial<Record<EntityType, string | null>>>;

export interface EntityPart {
  readonly entityType: string;
  readonly entityName: string | null;
}

/** Quotas of users and clients, and those of addresses. All are per second; request_percentage is of the one event loop. */
export const CLIENT_QUOTAS = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
] as const;
const IP_QUOTAS = ['connection_creation_rate'] as const;
export type QuotaKey = (typeof CLIENT_QUOTAS)[number] | (typeof IP_QUOTAS)[number];

/** Kafka keeps these two as doubles, the others as whole numbers. */
const FRACTIONAL: ReadonlySet<string> = new Set<QuotaKey>(['request_percentage', 'controller_mutation_rate']);
const NAME_LENGTH_MAX = 1_000;

/** @throws {QuotaError} INVALID_REQUEST unless it is a user, a client id, both, or an address */
export function parseEntity(parts: readonly EntityPart[]): QuotaEntity {
  if (parts.length === 0) throw new QuotaError('INVALID_REQUEST', 'Invalid empty client quota entity');
  const entity: Partial<Record<EntityType, string | null>> = {};
  for (const { entityType, entityName } of parts) {
    if (!isEntityType(entityType)) {
      throw new QuotaError('INVALID_REQUEST', `Unhandled client quota entity type: ${entityType}`);
    }
    if (entityType in entity) {
      throw new QuotaError('INVALID_REQUEST', `Invalid duplicate client quota entity type: ${entityType}`);
    }
    if (entityName === '') throw new QuotaError('INVALID_REQUEST', `Empty ${entityType} not supported`);
    if (entityName !== null && entityName.length > NAME_LENGTH_MAX) {
      throw new QuotaError('INVALID_REQUEST', `A name of more than ${NAME_LENGTH_MAX} characters`);
    }
    // Kafka takes names of hosts too, and looks them up.
    if (entityType === 'ip' && entityName !== null && isIP(entityName) === 0) {
      throw new QuotaError('INVALID_REQUEST', `${entityName} is not an IP address`);
    }
    entity[entityType] = entityName;
  }
  if ('ip' in entity && parts.length > 1) {
    throw new QuotaError('INVALID_REQUEST', 'Invalid quota entity combination: ip goes with no other type');
  }
  return entity;
}

/** @throws {QuotaError} INVALID_REQUEST unless entities of this kind can have that quota */
export function checkQuota(entity: QuotaEntity, key: string, value: number): asserts key is QuotaKey {
  const known: readonly string[] = 'ip' in entity ? IP_QUOTAS : CLIENT_QUOTAS;
  if (!known.includes(key)) throw new QuotaError('INVALID_REQUEST', `Invalid configuration key ${key}`);
  if (!(value > 0) || value > Number.MAX_SAFE_INTEGER) {
    throw new QuotaError('INVALID_REQUEST', `Quota ${key} must be greater than 0`);
  }
  if (!FRACTIONAL.has(key) && !Number.isInteger(value)) {
    throw new QuotaError('INVALID_REQUEST', `Quota ${key} cannot be a fractional value`);
  }
}

export function isEntityType(type: string): type is EntityType {
  return ENTITY_TYPES.some((known) => known === type);
}

/** The same text for the same entity. */
export function entityKey(entity: QuotaEntity): string {
  return JSON.stringify(ENTITY_TYPES.flatMap((type) => (type in entity ? [[type, entity[type]]] : [])));
}

export function entityParts(entity: QuotaEntity): EntityPart[] {
  return ENTITY_TYPES.flatMap((entityType) => {
    const entityName = entity[entityType];
    return entityName === undefined ? [] : [{ entityType, entityName }];
  });
}
