import { groupResource } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** From here on members say which protocol they believe in (KIP-559). */
const PROTOCOL_FROM = 5;

export function syncGroup({ groups }: BrokerServices): Handler<14> {
  return async (request, context) => {
    if (!context.authorize('READ', groupResource(request.groupId))) {
      return failed('GROUP_AUTHORIZATION_FAILED');
    }
    const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
    const hasProtocol = protocolType !== null && protocolName !== null;
    if (context.apiVersion >= PROTOCOL_FROM && !hasProtocol) return failed('INCONSISTENT_GROUP_PROTOCOL');
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

function failed(error: KafkaErrorName) {
  return { errorCode: ERROR[error], protocolType: null, protocolName: null, assignment: Buffer.alloc(0) };
}
