import { ERROR } from '../../wire/error-codes.js';
import { ZERO_UUID } from '../../wire/schema.js';
import { TopicError } from '../topic-catalog.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const TOPIC_IDS_FROM = 6;

/** Deletes topics with their files, and what groups committed for them. */
export function deleteTopics(services: BrokerServices): Handler<20> {
  return (request, { apiVersion }) => {
    const asked =
      apiVersion >= TOPIC_IDS_FROM ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
    const times = new Map<string, number>();
    for (const { name } of asked) if (name !== null) times.set(name, (times.get(name) ?? 0) + 1);
    const isTwice = (name: string | null): boolean => name !== null && times.get(name)! > 1;
    return {
      responses: [
        ...asked.filter(({ name }) => !isTwice(name)).map(({ name, topicId }) => deleteTopic(services, name, topicId)),
        ...[...times.keys()].filter(isTwice).map((name) => ({
          name,
          topicId: ZERO_UUID,
          errorCode: ERROR.INVALID_REQUEST,
          errorMessage: 'the request names this topic twice',
        })),
      ],
    };
  };
}

function deleteTopic({ topics, groups, config, logger }: BrokerServices, name: string | null, topicId: string) {
  const topic = name === null ? topics.byId(topicId) : topics.get(name);
  const respond = (code: TopicError['code'], errorMessage: string | null) => ({
    name: topic?.name ?? name,
    topicId: topic?.id ?? topicId,
    errorCode: ERROR[code],
    errorMessage,
  });
  if (!config.flag('delete.topic.enable')) return respond('TOPIC_DELETION_DISABLED', 'delete.topic.enable is false');
  if (name !== null && topicId !== ZERO_UUID) return respond('INVALID_REQUEST', 'give a name or an id, not both');
  if (!topic) return respond(name === null ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION', 'no such topic');
  try {
    topics.delete(topic.name);
    return respond('NONE', null);
  } catch (error) {
    if (error instanceof TopicError) return respond(error.code, error.message);
    logger.error({ err: error, topic: topic.name }, 'cannot delete topic');
    return respond('KAFKA_STORAGE_ERROR', 'the topic could not be removed');
  } finally {
    // Also if some of its files are still there.
    if (!topics.get(topic.name)) groups.forgetTopic(topic.name);
  }
}
