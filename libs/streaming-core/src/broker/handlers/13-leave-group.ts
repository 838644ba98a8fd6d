import { groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** First version with several members, and an error for each. */
const BATCH_FROM = 3;

export function leaveGroup({ groups }: BrokerServices): Handler<13> {
  return async (request, context) => {
    const { apiVersion } = context;
    if (!context.authorize('READ', groupResource(request.groupId))) {
      return { errorCode: ERROR.GROUP_AUTHORIZATION_FAILED, members: [] };
    }
    const members =
      apiVersion >= BATCH_FROM
        ? request.members
        : [{ memberId: request.memberId, groupInstanceId: null, reason: null }];
    const response = await groups.leave(request.groupId, { members });
    if (apiVersion < BATCH_FROM) {
      const error = response.error === 'NONE' ? (response.members[0]?.error ?? 'NONE') : response.error;
      return { errorCode: ERROR[error] };
    }
    return {
      errorCode: ERROR[response.error],
      members: response.members.map(({ memberId, groupInstanceId, error }) => ({
        memberId,
        groupInstanceId,
        errorCode: ERROR[error],
      })),
    };
  };
}
