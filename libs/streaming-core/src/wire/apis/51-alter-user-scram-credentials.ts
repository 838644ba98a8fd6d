import { defineApi } from '../api.js';
import { array, bytes, int16, int32, int8, string } from '../schema.js';

/** Sets and deletes SCRAM credentials. Mechanism 1 is SCRAM-SHA-256, 2 SCRAM-SHA-512; the password comes salted (KIP-554). */
export const ALTER_USER_SCRAM_CREDENTIALS = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexibleFrom: 0,
  request: {
    deletions: array('0+', {
      name: string('0+'),
      mechanism: int8('0+'),
    }),
    upsertions: array('0+', {
      name: string('0+'),
      mechanism: int8('0+'),
      iterations: int32('0+'),
      salt: bytes('0+'),
      saltedPassword: bytes('0+'),
    }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    results: array('0+', {
      user: string('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  },
});
