import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const BROKERS = 1;
const CONTROLLERS = 2;

export function describeCluster({ cluster }: BrokerServices): Handler<60> {
  return ({ endpointType, includeClusterAuthorizedOperations }, context) => {
    const { clusterId } = cluster;
    const { nodeId, host, port } = cluster.self(context.listener);
    if (endpointType !== BROKERS) {
      const isKnown = endpointType === CONTROLLERS;
      const errorCode = isKnown ? ERROR.MISMATCHED_ENDPOINT_TYPE : ERROR.UNSUPPORTED_ENDPOINT_TYPE;
      const errorMessage = isKnown
        ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
        : `Unsupported endpoint type ${endpointType}`;
      return { errorCode, errorMessage, endpointType: BROKERS, clusterId, brokers: [] };
    }
    const brokers = [{ brokerId: nodeId, host, port, rack: null, isFenced: false }];
    const isAllowed = context.authorize('DESCRIBE', CLUSTER);
    const operations = includeClusterAuthorizedOperations
      ? { clusterAuthorizedOperations: isAllowed ? context.authorizedOperations(CLUSTER) : 0 }
      : {};
    return { errorCode: ERROR.NONE, clusterId, controllerId: nodeId, brokers, ...operations };
  };
}
