import { partitionOfGroup } from '../../groups/group-partition.js';
import { groupResource, transactionalIdResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { OFFSETS_TOPIC } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** First version that knows PRODUCER_FENCED. */
const FENCED_FROM = 2;

/** Adds the partition of `__consumer_offsets` that keeps a group to a producer's transaction. */
export function addOffsetsToTxn({ transactions, offsetsTopic }: BrokerServices): Handler<25> {
  return async ({ transactionalId, producerId, producerEpoch, groupId }, context) => {
    if (!context.authorize('WRITE', transactionalIdResource(transactionalId))) {
      return { errorCode: ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    }
    if (!context.authorize('READ', groupResource(groupId))) return { errorCode: ERROR.GROUP_AUTHORIZATION_FAILED };
    try {
      // The markers need the topic; who asks for the group's coordinator creates it, but need not have.
      offsetsTopic.ensure();
    } catch {
      return { errorCode: ERROR.COORDINATOR_NOT_AVAILABLE };
    }
    const partition = partitionOfGroup(groupId, offsetsTopic.partitionCount);
    const { error } = await transactions.service.addPartitions(transactionalId, {
      producerId,
      producerEpoch,
      partitions: [{ topic: OFFSETS_TOPIC, partition }],
      clientVersion: 0,
    });
    const isOld = error === 'PRODUCER_FENCED' && context.apiVersion < FENCED_FROM;
    return { errorCode: ERROR[isOld ? 'INVALID_PRODUCER_EPOCH' : error] };
  };
}
