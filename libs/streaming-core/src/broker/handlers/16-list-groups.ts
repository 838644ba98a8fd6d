import { phase, protocolTypeOf } from '../../groups/group-rules.js';
import { CLUSTER, groupResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function listGroups({ groups }: BrokerServices): Handler<16> {
  return ({ statesFilter, typesFilter }, context) => {
    // Who may describe the cluster sees every group, others those that they may describe.
    const seesAll = context.authorize('DESCRIBE', CLUSTER);
    const states = new Set(statesFilter.map((state) => state.toLowerCase()));
    const types = new Set(typesFilter.map((type) => type.toLowerCase()));
    const listed = groups.coordinator
      .groups()
      .filter(({ groupId }) => seesAll || context.authorize('DESCRIBE', groupResource(groupId)))
      .map((group) => ({
        groupId: group.groupId,
        protocolType: protocolTypeOf(group),
        groupState: phase(group),
        groupType: group.type,
      }))
      .filter(({ groupState }) => states.size === 0 || states.has(groupState.toLowerCase()))
      .filter(({ groupType }) => types.size === 0 || types.has(groupType));
    return { errorCode: ERROR.NONE, groups: listed };
  };
}
