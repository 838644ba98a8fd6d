import { defineApi } from '../api.js';
import { bytes, int16, int64, string } from '../schema.js';

/** One step of a SASL exchange. From version 1 the answer limits the session's lifetime (KIP-368). */
export const SASL_AUTHENTICATE = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexibleFrom: 2,
  request: {
    authBytes: bytes('0+'),
  },
  response: {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+', { default: 0n, ignorable: true }),
  },
});
