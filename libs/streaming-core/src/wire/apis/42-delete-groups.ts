import { defineApi } from '../api.js';
import { array, arrayOf, int16, int32, string } from '../schema.js';

/** Deletes empty groups with their committed offsets. */
export const DELETE_GROUPS = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-2',
  flexibleFrom: 2,
  request: {
    groupsNames: arrayOf('0+', 'string'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    results: array('0+', {
      groupId: string('0+'),
      errorCode: int16('0+'),
    }),
  },
});
