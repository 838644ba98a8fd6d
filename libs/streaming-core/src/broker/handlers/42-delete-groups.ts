import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function deleteGroups({ groups }: BrokerServices): Handler<42> {
  return async ({ groupsNames }) => ({
    results: await Promise.all(
      groupsNames.map(async (groupId) => ({ groupId, errorCode: ERROR[await groups.delete(groupId)] })),
    ),
  });
}
