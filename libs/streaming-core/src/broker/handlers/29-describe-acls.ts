import { CLUSTER } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { bindingToWire, filterFromWire, type WireBinding } from '../security/acl-wire.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export const NO_AUTHORIZER = 'No Authorizer is configured on the broker';
const UNKNOWN_PART = 'the filter has an unknown resource type, pattern type, operation or permission';

/** The access rules that match a filter, by resource. */
export function describeAcls({ security }: BrokerServices): Handler<29> {
  return (request, context) => {
    const refuse = (error: KafkaErrorName, errorMessage: string | null) => ({
      errorCode: ERROR[error],
      errorMessage,
      resources: [],
    });
    if (!context.authorize('DESCRIBE', CLUSTER)) return refuse('CLUSTER_AUTHORIZATION_FAILED', null);
    if (security.authorizer === null) return refuse('SECURITY_DISABLED', NO_AUTHORIZER);
    const filter = filterFromWire(request);
    if (filter === null) return refuse('INVALID_REQUEST', UNKNOWN_PART);
    const resources = new Map<
      string,
      Omit<WireBinding, 'principal' | 'host' | 'operation' | 'permissionType'> & Acls
    >();
    for (const binding of security.authorizer.matching(filter)) {
      const { resourceType, resourceName, patternType, ...acl } = bindingToWire(binding);
      const key = `${resourceType} ${patternType} ${resourceName}`;
      const known = resources.get(key);
      if (known) known.acls.push(acl);
      else resources.set(key, { resourceType, resourceName, patternType, acls: [acl] });
    }
    return { errorCode: ERROR.NONE, errorMessage: null, resources: [...resources.values()] };
  };
}

interface Acls {
  readonly acls: Pick<WireBinding, 'principal' | 'host' | 'operation' | 'permissionType'>[];
}
