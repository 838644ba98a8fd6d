import type { ApiKey } from '../../wire/apis/registry.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';

/** What an API asks of its client, and what it answers to one who has no right to anything. */
export type ApiAuthorization =
  /** Refused, with this error. `needs` is operation and resource, as in Kafka's documentation. */
  | { readonly needs: string; readonly refusal: KafkaErrorName }
  /** Answered without what the client may not see. */
  | { readonly needs: string; readonly hides: true }
  /** Open to everybody, for a reason. */
  | { readonly openBecause: string };

const cluster = (operation: string): ApiAuthorization => ({
  needs: `${operation} on the cluster`,
  refusal: 'CLUSTER_AUTHORIZATION_FAILED',
});
const topic = (operation: string): ApiAuthorization => ({
  needs: `${operation} on each topic`,
  refusal: 'TOPIC_AUTHORIZATION_FAILED',
});
const group = (operation: string): ApiAuthorization => ({
  needs: `${operation} on the group`,
  refusal: 'GROUP_AUTHORIZATION_FAILED',
});
const transactionalId = (needs: string): ApiAuthorization => ({
  needs,
  refusal: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
});

/** The decision for every API that there is: an API without one does not compile. Tests hold each against the broker. */
export const API_AUTHORIZATION: { readonly [K in ApiKey]: ApiAuthorization } = {
  0: topic('WRITE (and WRITE on the transactional id)'),
  1: topic('READ'),
  2: topic('DESCRIBE'),
  3: topic('DESCRIBE (CREATE on cluster or topic to create one)'),
  8: group('READ (and READ on each topic)'),
  9: group('DESCRIBE (and DESCRIBE on each topic)'),
  10: group('DESCRIBE (or DESCRIBE on the transactional id)'),
  11: group('READ'),
  12: group('READ'),
  13: group('READ'),
  14: group('READ'),
  15: group('DESCRIBE'),
  16: { needs: 'DESCRIBE on the cluster or on each group', hides: true },
  17: { openBecause: 'it comes before anybody is known' },
  18: { openBecause: 'it comes before anybody is known' },
  19: topic('CREATE (or CREATE on the cluster)'),
  20: topic('DELETE'),
  21: topic('DELETE'),
  22: {
    needs: 'IDEMPOTENT_WRITE on the cluster, WRITE on any topic, or WRITE on the transactional id',
    refusal: 'CLUSTER_AUTHORIZATION_FAILED',
  },
  23: topic('DESCRIBE'),
  24: transactionalId('WRITE on the transactional id and on each topic'),
  25: transactionalId('WRITE on the transactional id, READ on the group'),
  26: transactionalId('WRITE on the transactional id'),
  27: cluster('ALTER or CLUSTER_ACTION'),
  28: transactionalId('WRITE on the transactional id, READ on the group and on each topic'),
  29: cluster('DESCRIBE'),
  30: cluster('ALTER'),
  31: cluster('ALTER'),
  32: topic('DESCRIBE_CONFIGS (on the group, on the cluster for brokers)'),
  33: topic('ALTER_CONFIGS (on the group, on the cluster for brokers)'),
  34: cluster('ALTER'),
  35: cluster('DESCRIBE'),
  36: { openBecause: 'it comes before anybody is known' },
  37: topic('ALTER'),
  42: group('DELETE'),
  43: cluster('ALTER'),
  44: topic('ALTER_CONFIGS (on the group, on the cluster for brokers)'),
  45: cluster('ALTER'),
  46: cluster('DESCRIBE'),
  47: group('DELETE (and READ on each topic)'),
  48: cluster('DESCRIBE_CONFIGS'),
  49: cluster('ALTER_CONFIGS'),
  50: cluster('DESCRIBE'),
  51: cluster('ALTER'),
  57: cluster('ALTER'),
  60: { openBecause: 'who is connected knows the brokers; authorized operations need DESCRIBE on the cluster' },
  61: topic('READ'),
  65: transactionalId('DESCRIBE on the transactional id'),
  66: { needs: 'DESCRIBE on each transactional id', hides: true },
  68: group('READ (and DESCRIBE on each topic)'),
  69: group('DESCRIBE (and DESCRIBE on each topic)'),
  74: cluster('DESCRIBE_CONFIGS'),
  75: topic('DESCRIBE'),
};
