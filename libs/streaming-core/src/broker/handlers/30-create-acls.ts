import { bindingProblem, CLUSTER, type AclBinding } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { bindingFromWire } from '../security/acl-wire.js';
import { NO_AUTHORIZER } from './29-describe-acls.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** Adds access rules, durably; one that is there already is no error. */
export function createAcls({ security, config, logger }: BrokerServices): Handler<30> {
  return ({ creations }, context) => {
    const results = (error: KafkaErrorName, errorMessage: string | null) => ({
      results: creations.map(() => ({ errorCode: ERROR[error], errorMessage })),
    });
    if (!context.authorize('ALTER', CLUSTER)) return results('CLUSTER_AUTHORIZATION_FAILED', null);
    const { authorizer } = security;
    if (authorizer === null) return results('SECURITY_DISABLED', NO_AUTHORIZER);
    const planned = creations.map((creation) => {
      const binding = bindingFromWire({ ...creation, patternType: creation.resourcePatternType });
      if (binding === null) return 'an unknown resource type, pattern type, operation or permission';
      return bindingProblem(binding) ?? binding;
    });
    const added = planned.filter((each): each is AclBinding => typeof each !== 'string');
    const max = config.number('max.acls');
    if (authorizer.size + added.filter((acl) => !authorizer.has(acl)).length > max) {
      return results('POLICY_VIOLATION', `there are at most ${max} access rules (max.acls)`);
    }
    try {
      security.addAcls(added);
    } catch (error) {
      logger.error({ err: error }, 'cannot write access rules');
      return results('KAFKA_STORAGE_ERROR', 'the access rules could not be written');
    }
    for (const acl of added) logger.info({ by: context.principal, acl }, 'access rule added');
    return {
      results: planned.map((each) => {
        if (typeof each === 'string') return { errorCode: ERROR.INVALID_REQUEST, errorMessage: each };
        return { errorCode: ERROR.NONE, errorMessage: null };
      }),
    };
  };
}
