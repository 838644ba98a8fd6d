import {
  OPERATION,
  PATTERN_TYPE,
  PERMISSION,
  RESOURCE_TYPE,
  type AclBinding,
  type AclFilter,
} from '../../security/acl.js';

/** ACLs as numbers of the protocol, and back. Numbers that mean nothing here become null. */

type Names<T extends Record<string, number>> = ReadonlyMap<number, keyof T>;
const namesOf = <T extends Record<string, number>>(numbers: T): Names<T> =>
  new Map(Object.entries(numbers).map(([name, number]) => [number, name]));

const RESOURCE_TYPES = namesOf(RESOURCE_TYPE);
const PATTERN_TYPES = namesOf(PATTERN_TYPE);
const OPERATIONS = namesOf(OPERATION);
const PERMISSIONS = namesOf(PERMISSION);

export interface WireBinding {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export interface WireFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

export function bindingToWire(binding: AclBinding): WireBinding {
  return {
    resourceType: RESOURCE_TYPE[binding.resourceType],
    resourceName: binding.resourceName,
    patternType: PATTERN_TYPE[binding.patternType],
    principal: binding.principal,
    host: binding.host,
    operation: OPERATION[binding.operation],
    permissionType: PERMISSION[binding.permission],
  };
}

/** Null if it names something that is unknown, or not one single thing. */
export function bindingFromWire(wire: WireBinding): AclBinding | null {
  const resourceType = RESOURCE_TYPES.get(wire.resourceType);
  const patternType = PATTERN_TYPES.get(wire.patternType);
  const operation = OPERATIONS.get(wire.operation);
  const permission = PERMISSIONS.get(wire.permissionType);
  if (!resourceType || resourceType === 'ANY' || !operation || operation === 'ANY') return null;
  if (patternType !== 'LITERAL' && patternType !== 'PREFIXED') return null;
  if (permission !== 'ALLOW' && permission !== 'DENY') return null;
  const { resourceName, principal, host } = wire;
  return { resourceType, resourceName, patternType, principal, host, operation, permission };
}

/** Null if it names something that is unknown. */
export function filterFromWire(wire: WireFilter): AclFilter | null {
  const resourceType = RESOURCE_TYPES.get(wire.resourceTypeFilter);
  const patternType = PATTERN_TYPES.get(wire.patternTypeFilter);
  const operation = OPERATIONS.get(wire.operation);
  const permission = PERMISSIONS.get(wire.permissionType);
  if (!resourceType || !patternType || !operation || !permission) return null;
  return {
    resourceType: resourceType === 'ANY' ? null : resourceType,
    resourceName: wire.resourceNameFilter,
    patternType: patternType === 'ANY' ? null : patternType,
    principal: wire.principalFilter,
    host: wire.hostFilter,
    operation: operation === 'ANY' ? null : operation,
    permission: permission === 'ANY' ? null : permission,
  };
}
