import { topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { ZERO_UUID } from '../../wire/schema.js';
import type { MutationQuota } from '../quotas/client-quotas.js';
import type { Handler, RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import { TopicError, type Topic } from '../topic-catalog.js';
import { quotaExceeded } from './19-create-topics.js';

const TOPIC_IDS_FROM = 6;
/** The first version that knows THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const STRICT_QUOTA_FROM = 5;

interface Asked {
  readonly name: string | null;
  readonly topicId: string;
}

/** Deletes topics, by name or by id, with their files and what groups committed for them; answered once all of it is gone. */
export function deleteTopics(services: BrokerServices): Handler<20> {
  return async (request, context) => {
    const { apiVersion } = context;
    const asked: readonly Asked[] =
      apiVersion >= TOPIC_IDS_FROM ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
    const times = new Map<string, number>();
    for (const each of asked) times.set(keyOf(each), (times.get(keyOf(each)) ?? 0) + 1);
    const unique = [...new Map(asked.map((each) => [keyOf(each), each])).values()];
    const quota = services.quotas.mutations(context, apiVersion >= STRICT_QUOTA_FROM);
    const forgotten: Promise<void>[] = [];
    const responses = unique.map((each) => {
      if (times.get(keyOf(each))! === 1) return deleteTopic(services, context, quota, each, forgotten);
      const errorMessage = `Duplicate topic ${each.name === null ? 'id' : 'name'}.`;
      return { ...each, errorCode: ERROR.INVALID_REQUEST, errorMessage };
    });
    const throttleTimeMs = quota.throttleTimeMs();
    await Promise.all(forgotten);
    return { throttleTimeMs, responses };
  };
}

function keyOf({ name, topicId }: Asked): string {
  return name === null ? `id ${topicId}` : `name ${name}`;
}

function deleteTopic(
  services: BrokerServices,
  context: RequestContext,
  quota: MutationQuota,
  asked: Asked,
  forgotten: Promise<void>[],
) {
  const { topics, groups, logger } = services;
  const topic = asked.name === null ? topics.byId(asked.topicId) : topics.get(asked.name);
  const respond = (name: string | null, code: TopicError['code'], errorMessage: string | null) => ({
    name,
    topicId: topic?.id ?? asked.topicId,
    errorCode: ERROR[code],
    errorMessage,
  });
  // Who may not see a topic is not told the name behind an id.
  const mayDescribe = topic === undefined || context.authorize('DESCRIBE', topicResource(topic.name));
  const shownName = mayDescribe ? (topic?.name ?? asked.name) : asked.name;
  try {
    const found = check(services, context, asked, topic);
    if (!quota.tryTake(found.partitions.length)) throw quotaExceeded();
    topics.delete(found.name);
    return respond(shownName, 'NONE', null);
  } catch (error) {
    if (error instanceof TopicError) return respond(shownName, error.code, error.message);
    logger.error({ err: error, topic: topic?.name }, 'cannot delete topic');
    return respond(shownName, 'KAFKA_STORAGE_ERROR', 'the topic could not be removed');
  } finally {
    // Also if some of its files are still there.
    if (topic && !topics.get(topic.name)) forgotten.push(groups.forgetTopic(topic.name));
  }
}

/** @throws {TopicError} unless the client may delete it */
function check({ config }: BrokerServices, context: RequestContext, asked: Asked, topic: Topic | undefined): Topic {
  const { name, topicId } = asked;
  if (!config.flag('delete.topic.enable')) {
    throw new TopicError('TOPIC_DELETION_DISABLED', 'Topic deletion is disabled.');
  }
  if (name !== null && topicId !== ZERO_UUID) {
    throw new TopicError('INVALID_REQUEST', 'You may not specify both topic name and topic id.');
  }
  if (name === null && topicId === ZERO_UUID) {
    throw new TopicError('INVALID_REQUEST', 'Neither topic name nor id were specified.');
  }
  const known = topic?.name ?? name;
  if (known !== null && !context.authorize('DELETE', topicResource(known))) {
    throw new TopicError('TOPIC_AUTHORIZATION_FAILED', 'Topic authorization failed.');
  }
  if (topic) return topic;
  throw name === null
    ? new TopicError('UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.')
    : new TopicError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.');
}
