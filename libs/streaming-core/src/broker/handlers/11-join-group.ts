import { groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** First version in which a new member is first told its id (KIP-394). */
const KNOWN_MEMBER_ID_FROM = 4;
const SKIP_ASSIGNMENT_FROM = 9;
/** First version in which no protocol may be said as null. */
const NULLABLE_PROTOCOL_FROM = 7;

const NO_GENERATION = { generationId: -1, protocolType: null, leader: '', members: [] };

export function joinGroup({ groups }: BrokerServices): Handler<11> {
  return async (request, context) => {
    const { apiVersion, clientId, clientHost } = context;
    if (!context.authorize('READ', groupResource(request.groupId))) {
      return {
        ...NO_GENERATION,
        errorCode: ERROR.GROUP_AUTHORIZATION_FAILED,
        protocolName: apiVersion >= NULLABLE_PROTOCOL_FROM ? null : '',
        memberId: request.memberId,
      };
    }
    const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const response = await groups.join(request.groupId, {
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      clientId,
      clientHost: `/${clientHost}`,
      protocolType: request.protocolType,
      // The frame that these are views of must not live as long as the member.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      sessionTimeoutMs,
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      requireKnownMemberId: apiVersion >= KNOWN_MEMBER_ID_FROM,
      supportsSkipAssignment: apiVersion >= SKIP_ASSIGNMENT_FROM,
      reason: request.reason,
    });
    return {
      errorCode: ERROR[response.error],
      generationId: response.generationId,
      protocolType: response.protocolType,
      protocolName: response.protocolName ?? (apiVersion >= NULLABLE_PROTOCOL_FROM ? null : ''),
      leader: response.leaderId,
      memberId: response.memberId,
      skipAssignment: response.skipAssignment,
      members: response.members,
    };
  };
}
