import { groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function syncGroup({ groups }: BrokerServices): Handler<14> {
  return async (request, context) => {
    if (!context.authorize('READ', groupResource(request.groupId))) {
      return {
        errorCode: ERROR.GROUP_AUTHORIZATION_FAILED,
        protocolType: null,
        protocolName: null,
        assignment: Buffer.alloc(0),
      };
    }
    const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
    const response = await groups.sync(request.groupId, {
      memberId,
      groupInstanceId,
      generationId,
      protocolType,
      protocolName,
      // The frame that these are views of must not live as long as the member.
      assignments: request.assignments.map((each) => ({ ...each, assignment: Buffer.from(each.assignment) })),
    });
    return {
      errorCode: ERROR[response.error],
      protocolType: response.protocolType,
      protocolName: response.protocolName,
      assignment: response.assignment,
    };
  };
}
