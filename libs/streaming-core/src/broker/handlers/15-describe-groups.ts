import { metadataFor, NO_ASSIGNMENT } from '../../groups/classic/group.js';
import { groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** First version in which a group that does not exist is an error and not a dead group. */
const NOT_FOUND_FROM = 6;

export function describeGroups({ groups }: BrokerServices): Handler<15> {
  return ({ groups: groupIds, includeAuthorizedOperations }, context) => ({
    groups: [...new Set(groupIds)].map((groupId) => {
      const { apiVersion } = context;
      const isAllowed = context.authorize('DESCRIBE', groupResource(groupId));
      const error = isAllowed ? groups.coordinator.availability(groupId) : 'GROUP_AUTHORIZATION_FAILED';
      const operations = includeAuthorizedOperations
        ? { authorizedOperations: context.authorizedOperations(groupResource(groupId)) }
        : {};
      const group = error === 'NONE' ? groups.coordinator.group(groupId) : undefined;
      if (group?.type !== 'classic') {
        const isMissing = error === 'NONE' && apiVersion >= NOT_FOUND_FROM;
        return {
          errorCode: ERROR[isMissing ? 'GROUP_ID_NOT_FOUND' : error],
          errorMessage: isMissing ? `Group ${groupId} ${group ? 'is not a classic group' : 'not found'}.` : null,
          groupId,
          groupState: error === 'NONE' ? 'Dead' : '',
          protocolType: '',
          protocolData: '',
          members: [],
          ...(error === 'NONE' && !isMissing ? operations : {}),
        };
      }
      const isStable = group.phase === 'Stable';
      return {
        errorCode: ERROR.NONE,
        groupId,
        groupState: group.phase,
        protocolType: group.protocolType ?? '',
        protocolData: isStable ? (group.protocolName ?? '') : '',
        members: [...group.members.values()].map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          // Between two generations there is no assignment that holds.
          memberMetadata: isStable ? metadataFor(member, group.protocolName) : NO_ASSIGNMENT,
          memberAssignment: isStable ? member.assignment : NO_ASSIGNMENT,
        })),
        ...operations,
      };
    }),
  });
}
