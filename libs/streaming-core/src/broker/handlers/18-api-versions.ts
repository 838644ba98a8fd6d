import { ALL_APIS } from '../../wire/apis/registry.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';

const NAMES_FROM = 3;
/** What Apache Kafka accepts as a client's software name and version (KIP-511). */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

const API_KEYS = ALL_APIS.map(({ key, advertised }) => ({
  apiKey: key,
  minVersion: advertised.min,
  maxVersion: advertised.max,
}));

export const apiVersions: Handler<18> = (request, { apiVersion }) => {
  const isNamed = SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion);
  if (apiVersion >= NAMES_FROM && !isNamed) return { errorCode: ERROR.INVALID_REQUEST, apiKeys: [] };
  return { errorCode: ERROR.NONE, apiKeys: API_KEYS };
};
