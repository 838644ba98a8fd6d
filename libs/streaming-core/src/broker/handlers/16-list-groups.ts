import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const GROUP_TYPE = 'classic';

export function listGroups({ groups }: BrokerServices): Handler<16> {
  return ({ statesFilter, typesFilter }) => {
    const states = new Set(statesFilter.map((state) => state.toLowerCase()));
    const types = new Set(typesFilter.map((type) => type.toLowerCase()));
    const listed = groups.coordinator
      .groups()
      .filter((group) => states.size === 0 || states.has(group.phase.toLowerCase()))
      .filter(() => types.size === 0 || types.has(GROUP_TYPE));
    return {
      errorCode: ERROR.NONE,
      groups: listed.map((group) => ({
        groupId: group.groupId,
        protocolType: group.protocolType ?? '',
        groupState: group.phase,
        groupType: GROUP_TYPE,
      })),
    };
  };
}
