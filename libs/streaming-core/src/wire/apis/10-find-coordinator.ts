import { defineApi } from '../api.js';
import { array, arrayOf, int16, int32, int8, string } from '../schema.js';

/** The broker that coordinates a group (key type 0) or a transactional id (1). Several keys per request from version 4. */
export const FIND_COORDINATOR = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexibleFrom: 3,
  request: {
    key: string('0-3'),
    keyType: int8('1+'),
    coordinatorKeys: arrayOf('4+', 'string'),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0-3'),
    errorMessage: string('1-3', { nullable: '1-3', ignorable: true }),
    nodeId: int32('0-3'),
    host: string('0-3'),
    port: int32('0-3'),
    coordinators: array('4+', {
      key: string('4+'),
      nodeId: int32('4+'),
      host: string('4+'),
      port: int32('4+'),
      errorCode: int16('4+'),
      errorMessage: string('4+', { nullable: '4+', ignorable: true }),
    }),
  },
});
