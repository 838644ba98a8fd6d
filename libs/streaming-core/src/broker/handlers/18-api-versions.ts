import { API_VERSIONS_KEY } from '../../wire/api.js';
import { ALL_APIS } from '../../wire/apis/registry.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Feature } from '../features.js';
import type { Handler, RequestTable } from '../request-context.js';

const NAMES_FROM = 3;
/** Levels never change while a broker runs. */
const FEATURES_EPOCH = 0n;
/** What Apache Kafka accepts as a client's software name and version (KIP-511). */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** Answers with the APIs of `table` and itself, and with features, which are all at their highest level. */
export function apiVersions(table: RequestTable, features: readonly Feature[] = []): Handler<18> {
  const apiKeys = ALL_APIS.filter(({ key }) => key === API_VERSIONS_KEY || key in table).map(({ key, advertised }) => ({
    apiKey: key,
    minVersion: advertised.min,
    maxVersion: advertised.max,
  }));
  const supportedFeatures = features.map((feature) => ({ ...feature, minVersion: Math.max(1, feature.minVersion) }));
  const finalizedFeatures = features.map(({ name, maxVersion }) => ({
    name,
    maxVersionLevel: maxVersion,
    minVersionLevel: maxVersion,
  }));
  return (request, { apiVersion }) => {
    const isNamed = SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion);
    if (apiVersion >= NAMES_FROM && !isNamed) return { errorCode: ERROR.INVALID_REQUEST, apiKeys: [] };
    return {
      errorCode: ERROR.NONE,
      apiKeys,
      supportedFeatures,
      finalizedFeatures,
      finalizedFeaturesEpoch: FEATURES_EPOCH,
    };
  };
}
