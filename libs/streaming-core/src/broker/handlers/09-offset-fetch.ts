import type { CommittedOffset, OffsetStore } from '../../groups/offset-store.js';
import { groupResource, topicResource } from '../../security/acl.js';
import { ERROR, errorName, type KafkaErrorName } from '../../wire/error-codes.js';
import { ZERO_UUID } from '../../wire/schema.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

const SEVERAL_GROUPS_FROM = 8;
const TOPIC_IDS_FROM = 10;

interface AskedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

interface Asking {
  readonly groupId: string;
  /** Null and -1: the client does not say who it is. */
  readonly memberId: string | null;
  readonly memberEpoch: number;
  /** Offsets that an open transaction may change are an error that clients retry (KIP-447). */
  readonly requireStable: boolean;
}

/** Committed offsets; -1 where there is none. */
export function offsetFetch({ groups, topics }: BrokerServices): Handler<9> {
  const fetchGroup = (
    asking: Asking,
    asked: readonly AskedTopic[] | null,
    hasIds: boolean,
    context: RequestContext,
  ) => {
    const { groupId, memberId, memberEpoch, requireStable } = asking;
    if (!context.authorize('DESCRIBE', groupResource(groupId))) {
      return { groupId, errorCode: ERROR.GROUP_AUTHORIZATION_FAILED, topics: [] };
    }
    const maySee = (topic: string): boolean => context.authorize('DESCRIBE', topicResource(topic));
    const error = groups.coordinator.refuseFetch(groupId, memberId, memberEpoch);
    if (error !== 'NONE') return { groupId, errorCode: ERROR[error], topics: [] };
    const store = groups.coordinator.committed(groupId);
    const visible = asked ?? everything(store).filter(({ name }) => maySee(name));
    const found = visible.map(({ name, topicId, partitionIndexes }) => {
      const topic = hasIds && asked ? topics.byId(topicId) : undefined;
      const isMissing = hasIds && asked !== null && !topic;
      const topicName = topic?.name ?? name;
      const isHidden = !isMissing && !maySee(topicName);
      return {
        name: topicName,
        topicId: topic?.id ?? (asked ? topicId : (topics.get(name)?.id ?? ZERO_UUID)),
        partitions: partitionIndexes.map((partition) => {
          if (isHidden) return failedPartition(partition, 'TOPIC_AUTHORIZATION_FAILED');
          if (isMissing) return failedPartition(partition, 'UNKNOWN_TOPIC_ID');
          if (requireStable && store?.isPending(topicName, partition)) {
            return failedPartition(partition, 'UNSTABLE_OFFSET_COMMIT');
          }
          return committedPartition(partition, store?.get(topicName, partition));
        }),
      };
    });
    return { groupId, errorCode: ERROR.NONE, topics: found };
  };
  return (request, context) => {
    const { apiVersion } = context;
    if (apiVersion >= SEVERAL_GROUPS_FROM) {
      const hasIds = apiVersion >= TOPIC_IDS_FROM;
      const { requireStable } = request;
      return {
        // Each group once, however often it is named: a small request must not make a huge answer.
        groups: [...new Map(request.groups.map((group) => [group.groupId, group])).values()].map((group) =>
          fetchGroup({ ...group, requireStable }, group.topics, hasIds, context),
        ),
      };
    }
    const asked = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
    const { errorCode, topics: found } = fetchGroup(
      { groupId: request.groupId, memberId: null, memberEpoch: -1, requireStable: request.requireStable },
      asked,
      false,
      context,
    );
    if (errorCode === ERROR.NONE || apiVersion >= 2) return { errorCode, topics: found };
    // Version 1 has no error of its own: it stands at every partition.
    const failed = (asked ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partition) => failedPartition(partition, errorName(errorCode))),
    }));
    return { topics: failed };
  };
}

function committedPartition(partitionIndex: number, committed: CommittedOffset | undefined) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1n,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ERROR.NONE as number,
  };
}

function failedPartition(partitionIndex: number, error: KafkaErrorName) {
  return { ...committedPartition(partitionIndex, undefined), errorCode: ERROR[error] as number };
}

function everything(store: OffsetStore | undefined): AskedTopic[] {
  const partitions = new Map<string, number[]>();
  for (const { topic, partition } of store?.entries() ?? []) {
    const known = partitions.get(topic);
    if (known) known.push(partition);
    else partitions.set(topic, [partition]);
  }
  return [...partitions].map(([name, partitionIndexes]) => ({ name, topicId: ZERO_UUID, partitionIndexes }));
}
