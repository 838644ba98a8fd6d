import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { mechanismToWire } from '../security/scram-wire.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** Which users have SCRAM credentials, and for which mechanisms: never the credentials. */
export function describeUserScramCredentials({ security }: BrokerServices): Handler<50> {
  const { scram } = security;
  return ({ users }, context) => {
    if (!context.authorize('DESCRIBE', CLUSTER)) {
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, errorMessage: null, results: [] };
    }
    const isAll = users === null || users.length === 0;
    const asked = isAll ? scram.users() : users.map(({ name }) => name);
    const results = [...new Set(asked)].map((user) => {
      const refused = (errorCode: number, errorMessage: string) => ({
        user,
        errorCode,
        errorMessage,
        credentialInfos: [],
      });
      if (asked.indexOf(user) !== asked.lastIndexOf(user)) {
        return refused(ERROR.DUPLICATE_RESOURCE, `Cannot describe SCRAM credentials for the same user twice: ${user}`);
      }
      if (!scram.has(user)) {
        return refused(ERROR.RESOURCE_NOT_FOUND, `Attempt to describe a user credential that does not exist: ${user}`);
      }
      const credentialInfos = [...scram.of(user)].map(([mechanism, { iterations }]) => ({
        mechanism: mechanismToWire(mechanism),
        iterations,
      }));
      return { user, errorCode: ERROR.NONE, errorMessage: null, credentialInfos };
    });
    return { errorCode: ERROR.NONE, errorMessage: null, results };
  };
}
