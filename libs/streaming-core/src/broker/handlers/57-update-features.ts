import { CLUSTER } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { Feature } from '../features.js';
import type { Handler } from '../request-context.js';

/** Features run at their highest level, always: an update to it changes nothing, any other is refused (KIP-584, KIP-1022). */
export function updateFeatures(features: readonly Feature[]): Handler<57> {
  return ({ featureUpdates }, context) => {
    if (!context.authorize('ALTER', CLUSTER)) {
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, errorMessage: null, results: [] };
    }
    const results = featureUpdates.map(({ feature, maxVersionLevel }) => {
      const errorMessage = problemWith(features, feature, maxVersionLevel);
      const code: KafkaErrorName = errorMessage === null ? 'NONE' : 'INVALID_UPDATE_VERSION';
      return { feature, errorCode: ERROR[code], errorMessage };
    });
    // All or nothing: there is one error for the whole request.
    const refused = results.find(({ errorMessage }) => errorMessage !== null);
    if (refused) return { errorCode: refused.errorCode, errorMessage: refused.errorMessage, results: [] };
    return { errorCode: ERROR.NONE, errorMessage: null, results };
  };
}

function problemWith(features: readonly Feature[], name: string, level: number): string | null {
  const feature = features.find((each) => each.name === name);
  const invalid = `Invalid update version ${level} for feature ${name}.`;
  if (feature === undefined) return `${invalid} This broker does not support this feature.`;
  if (level === feature.maxVersion) return null;
  const range = `${feature.minVersion} to ${feature.maxVersion}`;
  if (level < feature.minVersion || level > feature.maxVersion) return `${invalid} This broker supports ${range}.`;
  return `${invalid} This broker runs every feature at its highest level, here ${feature.maxVersion}.`;
}
