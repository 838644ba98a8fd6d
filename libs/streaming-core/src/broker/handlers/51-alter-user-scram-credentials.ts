import { CLUSTER } from '../../security/acl.js';
import { credentialOf, ITERATIONS_MAX, ITERATIONS_MIN, SCRAM_KEY_BYTES } from '../../security/scram-credential.js';
import type { RequestOf } from '../../wire/api.js';
import type { ALTER_USER_SCRAM_CREDENTIALS } from '../../wire/apis/51-alter-user-scram-credentials.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { mechanismFromWire } from '../security/scram-wire.js';
import type { ScramChange, Security } from '../security/security.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

type Request = RequestOf<typeof ALTER_USER_SCRAM_CREDENTIALS>;
/** Kafka's bound is a Java string; longer than this nobody is called. */
const NAME_CHARACTERS_MAX = 1_024;
const SALT_BYTES_MAX = 1_024;

/** Why the credentials of a user cannot be changed so. */
class Refusal {
  constructor(
    readonly error: KafkaErrorName,
    readonly message: string,
  ) {}
}

/** Sets and removes SCRAM credentials, durably. A user of whom one change cannot be made is not changed at all. */
export function alterUserScramCredentials({ security, config, logger }: BrokerServices): Handler<51> {
  return (request, context) => {
    const users = [...new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))];
    const isAllowed = context.authorize('ALTER', CLUSTER);
    const planned = new Map(
      users.map((user) => {
        if (!isAllowed) return [user, new Refusal('CLUSTER_AUTHORIZATION_FAILED', 'Cluster authorization failed.')];
        return [user, plan(security, user, request)];
      }),
    );
    const added = users.filter((user) => Array.isArray(planned.get(user)) && !security.scram.has(user)).length;
    const max = config.number('max.scram.users');
    const isFull = security.scram.size + added > max;
    const changes = isFull ? [] : [...planned.values()].flatMap((each) => (each instanceof Refusal ? [] : each));
    let failure = isFull
      ? new Refusal('POLICY_VIOLATION', `at most ${max} users have credentials (max.scram.users)`)
      : null;
    try {
      if (changes.length > 0) security.alterScram(changes);
    } catch (error) {
      logger.error({ err: error }, 'cannot write SCRAM credentials');
      failure = new Refusal('KAFKA_STORAGE_ERROR', 'the credentials could not be written');
    }
    for (const { user, mechanism, credential } of failure ? [] : changes) {
      logger.info(
        { by: context.principal, user, mechanism, isRemoved: credential === null },
        'SCRAM credential changed',
      );
    }
    return {
      results: users.map((user) => {
        const plannedFor = planned.get(user)!;
        const refusal = plannedFor instanceof Refusal ? plannedFor : failure;
        if (refusal === null) return { user, errorCode: ERROR.NONE, errorMessage: null };
        return { user, errorCode: ERROR[refusal.error], errorMessage: refusal.message };
      }),
    };
  };
}

function plan({ scram }: Security, user: string, { deletions, upsertions }: Request): readonly ScramChange[] | Refusal {
  if (user === '') return new Refusal('UNACCEPTABLE_CREDENTIAL', 'Username must not be empty');
  if (user.length > NAME_CHARACTERS_MAX) return new Refusal('UNACCEPTABLE_CREDENTIAL', 'Username is too long');
  const changes: ScramChange[] = [];
  const touched = new Set<number>();
  const isTwice = (mechanism: number): boolean => touched.has(mechanism) || !touched.add(mechanism);
  for (const { mechanism: number } of deletions.filter(({ name }) => name === user)) {
    const mechanism = mechanismFromWire(number);
    if (mechanism === null) return new Refusal('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism');
    if (isTwice(number)) return twice(user);
    if (scram.credential(user, mechanism) === null) {
      return new Refusal('RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist');
    }
    changes.push({ user, mechanism, credential: null });
  }
  for (const { mechanism: number, iterations, salt, saltedPassword } of upsertions.filter(
    ({ name }) => name === user,
  )) {
    const mechanism = mechanismFromWire(number);
    if (mechanism === null) return new Refusal('UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism');
    if (isTwice(number)) return twice(user);
    const problem = credentialProblem(iterations, salt, saltedPassword, SCRAM_KEY_BYTES[mechanism]);
    if (problem !== null) return new Refusal('UNACCEPTABLE_CREDENTIAL', problem);
    changes.push({ user, mechanism, credential: credentialOf(mechanism, salt, iterations, saltedPassword) });
  }
  return changes;
}

function credentialProblem(iterations: number, salt: Buffer, salted: Buffer, keyBytes: number): string | null {
  if (iterations < ITERATIONS_MIN) return `Too few iterations: at least ${ITERATIONS_MIN}`;
  if (iterations > ITERATIONS_MAX) return `Too many iterations: at most ${ITERATIONS_MAX}`;
  if (salt.length === 0 || salt.length > SALT_BYTES_MAX) return `The salt has 1 to ${SALT_BYTES_MAX} bytes`;
  return salted.length === keyBytes ? null : `The salted password of this mechanism has ${keyBytes} bytes`;
}

function twice(user: string): Refusal {
  return new Refusal('DUPLICATE_RESOURCE', `A user credential cannot be altered twice in the same request: ${user}`);
}
