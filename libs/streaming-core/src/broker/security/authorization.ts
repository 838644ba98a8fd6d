import { OPERATIONS_ON, operationBits, type Operation, type Resource, type ResourceType } from '../../security/acl.js';
import type { AclAuthorizer } from '../../security/acl-authorizer.js';

/** The questions that a handler asks about its client; see RequestContext. */
export interface Authorization {
  authorize(operation: Operation, resource: Resource): boolean;
  authorizeAny(operation: Operation, type: ResourceType): boolean;
  authorizedOperations(resource: Resource): number;
}

/** Without an authorizer everybody may do everything. */
export const OPEN: Authorization = {
  authorize: () => true,
  authorizeAny: () => true,
  authorizedOperations: ({ type }) => operationBits(OPERATIONS_ON[type]),
};

export function authorizationOf(authorizer: AclAuthorizer | null, principal: string, host: string): Authorization {
  if (authorizer === null) return OPEN;
  const requester = { principal, host };
  return {
    authorize: (operation, resource) => authorizer.authorize(requester, operation, resource),
    authorizeAny: (operation, type) => authorizer.authorizeAny(requester, operation, type),
    authorizedOperations: (resource) => authorizer.authorizedOperations(requester, resource),
  };
}
