import { groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function deleteGroups({ groups }: BrokerServices): Handler<42> {
  return async ({ groupsNames }, context) => ({
    results: await Promise.all(
      [...new Set(groupsNames)].map(async (groupId) => {
        const isAllowed = context.authorize('DELETE', groupResource(groupId));
        return { groupId, errorCode: ERROR[isAllowed ? await groups.delete(groupId) : 'GROUP_AUTHORIZATION_FAILED'] };
      }),
    ),
  });
}
