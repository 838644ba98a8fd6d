import { defineApi } from '../api.js';
import { array, arrayOf, int16, int32, string } from '../schema.js';

/** Groups that this broker coordinates. */
export const LIST_GROUPS = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: '0-5',
  flexibleFrom: 3,
  request: {
    statesFilter: arrayOf('4+', 'string'),
    typesFilter: arrayOf('5+', 'string'),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    groups: array('0+', {
      groupId: string('0+'),
      protocolType: string('0+'),
      groupState: string('4+', { ignorable: true }),
      groupType: string('5+', { ignorable: true }),
    }),
  },
});
