import { groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function heartbeat({ groups }: BrokerServices): Handler<12> {
  return async ({ groupId, generationId, memberId, groupInstanceId }, context) => {
    if (!context.authorize('READ', groupResource(groupId))) return { errorCode: ERROR.GROUP_AUTHORIZATION_FAILED };
    const { error } = await groups.heartbeat(groupId, { memberId, groupInstanceId, generationId });
    return { errorCode: ERROR[error] };
  };
}
