import { defineApi } from '../api.js';
import { arrayOf, int16, string } from '../schema.js';

/** Chooses a SASL mechanism. After version 1 tokens travel in SaslAuthenticate, after version 0 they would travel bare. */
export const SASL_HANDSHAKE = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexibleFrom: Infinity,
  request: {
    mechanism: string('0+'),
  },
  response: {
    errorCode: int16('0+'),
    mechanisms: arrayOf('0+', 'string'),
  },
});
