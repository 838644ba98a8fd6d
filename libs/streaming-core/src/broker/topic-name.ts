const NAME_LENGTH_MAX = 249;
const NAME = /^[a-zA-Z0-9._-]+$/;

/** Why a topic cannot have this name, or null. The rules are Apache Kafka's; they also make every name a safe directory name. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'a topic name must not be empty';
  if (name === '.' || name === '..') return "a topic cannot be named '.' or '..'";
  if (name.length > NAME_LENGTH_MAX) return `a topic name has at most ${NAME_LENGTH_MAX} characters`;
  return NAME.test(name) ? null : "a topic name holds only ASCII letters and digits, '.', '_' and '-'";
}

export const OFFSETS_TOPIC = '__consumer_offsets';
export const TRANSACTIONS_TOPIC = '__transaction_state';

export function isInternalTopic(name: string): boolean {
  return name === OFFSETS_TOPIC || name === TRANSACTIONS_TOPIC;
}
