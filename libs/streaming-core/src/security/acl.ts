/** Access control lists in Kafka's terms (KIP-11, KIP-290). The numbers are those of the protocol. */

export const RESOURCE_TYPE = {
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const;
export const PATTERN_TYPE = { ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const;
export const OPERATION = {
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const;
export const PERMISSION = { ANY: 1, DENY: 2, ALLOW: 3 } as const;

export type ResourceType = Exclude<keyof typeof RESOURCE_TYPE, 'ANY'>;
export type PatternType = 'LITERAL' | 'PREFIXED';
/** What somebody wants to do. */
export type Operation = Exclude<keyof typeof OPERATION, 'ANY' | 'ALL'>;
export type Permission = 'ALLOW' | 'DENY';

/** One thing that is protected. */
export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
}

/** Names every resource of its type, principal or host. */
export const WILDCARD = '*';
export const WILDCARD_PRINCIPAL = 'User:*';
const CLUSTER_NAME = 'kafka-cluster';

/** The cluster as a whole: its only name is `kafka-cluster`. */
export const CLUSTER: Resource = { type: 'CLUSTER', name: CLUSTER_NAME };
export const topicResource = (name: string): Resource => ({ type: 'TOPIC', name });
export const groupResource = (name: string): Resource => ({ type: 'GROUP', name });
export const transactionalIdResource = (name: string): Resource => ({ type: 'TRANSACTIONAL_ID', name });

/** Who asks: the principal as `User:alice`, and the address that they ask from. */
export interface Requester {
  readonly principal: string;
  readonly host: string;
}

/** One rule. */
export interface AclBinding {
  readonly resourceType: ResourceType;
  readonly resourceName: string;
  readonly patternType: PatternType;
  /** `User:alice`, or `User:*` for everybody. */
  readonly principal: string;
  /** An address, or `*`. */
  readonly host: string;
  readonly operation: Operation | 'ALL';
  readonly permission: Permission;
}

/** Which rules are meant; null is any. */
export interface AclFilter {
  readonly resourceType: ResourceType | null;
  readonly resourceName: string | null;
  /** `MATCH`: every rule that decides about the resource with that name. */
  readonly patternType: PatternType | 'MATCH' | null;
  readonly principal: string | null;
  readonly host: string | null;
  readonly operation: Operation | 'ALL' | null;
  readonly permission: Permission | null;
}

/** What can be done at all with a resource of each type. */
export const OPERATIONS_ON: Readonly<Record<ResourceType, readonly Operation[]>> = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  CLUSTER: ['CREATE', 'ALTER', 'DESCRIBE', 'CLUSTER_ACTION', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE'],
  TRANSACTIONAL_ID: ['DESCRIBE', 'WRITE', 'TWO_PHASE_COMMIT'],
  DELEGATION_TOKEN: ['DESCRIBE'],
  USER: ['CREATE_TOKENS', 'DESCRIBE_TOKENS'],
};

/** Operations as the protocol sends them: one bit each, at the place of its number (KIP-430). */
export function operationBits(operations: readonly Operation[]): number {
  return operations.reduce((bits, operation) => bits | (1 << OPERATION[operation]), 0);
}

/** Whether a rule's pattern covers a resource of the same type. */
export function covers({ patternType, resourceName }: AclBinding, name: string): boolean {
  if (patternType === 'PREFIXED') return name.startsWith(resourceName);
  return resourceName === name || resourceName === WILDCARD;
}

export function matchesFilter(binding: AclBinding, filter: AclFilter): boolean {
  const isEqual = <T>(wanted: T | null, value: T): boolean => wanted === null || wanted === value;
  return (
    isEqual(filter.resourceType, binding.resourceType) &&
    isNamed(binding, filter) &&
    isEqual(filter.principal, binding.principal) &&
    isEqual(filter.host, binding.host) &&
    isEqual(filter.operation, binding.operation) &&
    isEqual(filter.permission, binding.permission)
  );
}

function isNamed(binding: AclBinding, { resourceName, patternType }: AclFilter): boolean {
  if (patternType === 'MATCH') return resourceName === null || covers(binding, resourceName);
  if (patternType !== null && patternType !== binding.patternType) return false;
  return resourceName === null || resourceName === binding.resourceName;
}

/** Why a rule cannot be kept, or null. */
export function bindingProblem({ resourceType, resourceName, principal, host }: AclBinding): string | null {
  if (resourceName === '') return 'Invalid empty resource name';
  if (resourceType === 'CLUSTER' && resourceName !== CLUSTER_NAME) {
    return `The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`;
  }
  if (!/^[^:]+:.+$/.test(principal)) return `principal ${principal} is not of the form Type:name, such as User:alice`;
  return host === '' ? 'Invalid empty host' : null;
}

/** The same rule gives the same text. */
export function bindingKey(binding: AclBinding): string {
  const { resourceType, resourceName, patternType, principal, host, operation, permission } = binding;
  return JSON.stringify([resourceType, resourceName, patternType, principal, host, operation, permission]);
}
