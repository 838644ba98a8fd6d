import type { RequestContext } from '../broker/request-context.js';
import { findApi, type ApiKey, type ApiName } from '../wire/apis/registry.js';
import { ERROR, type KafkaErrorName } from '../wire/error-codes.js';
import { errorAnswer, joinAnswers } from './error-answer.js';
import type { ArmedFault } from './fault.js';
import { structsOf, type Struct } from './plain.js';
import { factsOf, isWithin, nameOf, splitByTopic, type RequestScope, type TopicNames } from './request-facts.js';

/** Before the request takes effect, or after: then only the answer is concerned. */
export type FaultMoment = 'before' | 'after';

/** What a fault does to a request. */
export type RequestFaultKind =
  | { readonly type: 'fail'; readonly error: KafkaErrorName }
  | { readonly type: 'delay'; readonly ms: number; readonly when: FaultMoment }
  | { readonly type: 'stall'; readonly when: FaultMoment }
  | { readonly type: 'drop'; readonly when: FaultMoment }
  | { readonly type: 'throttle'; readonly ms: number };

export interface RequestFault {
  readonly kind: RequestFaultKind;
  /** Which APIs; null: all. */
  readonly apis: ReadonlySet<ApiName> | null;
  readonly scope: RequestScope;
  readonly fault: ArmedFault;
}

export type Answer = Struct | null;

/** One request on its way through the faults. */
export interface Call {
  readonly apiKey: ApiKey;
  readonly request: Struct;
  readonly context: RequestContext;
  /** The handler of the API. */
  readonly handle: (request: Struct) => Answer | Promise<Answer>;
  /** Takes the name of each fault that strikes. */
  readonly onStruck: (fault: string) => void;
}

/** Thrown through a connection to close it: the only way in which a broker can answer without a response. */
export class DroppedByFaultError extends Error {
  override readonly name = 'DroppedByFaultError';
}

const PRODUCE_KEY = 0;
const FETCH_KEY = 1;
const METADATA_KEY = 3;

/** The head of a fetch outside any session: what one part of it knows must not become a session's state. */
const SESSIONLESS = { sessionId: 0, sessionEpoch: -1 } as const;
const SESSION_NOT_FOUND = { errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] } as const;

/**
 * A fetch within a session (KIP-227) names only what changed, so that a fault with a topic could not tell whether it is meant. As a
 * broker may at any time, this one then forgets the session: the client asks again and names everything.
 */
function hidesTopics({ sessionEpoch }: Struct, faults: readonly RequestFault[]): boolean {
  if (typeof sessionEpoch !== 'number' || sessionEpoch <= 0) return false;
  return faults.some(
    ({ apis, scope, fault }) => fault.isActive && scope.topic !== undefined && (apis?.has('Fetch') ?? true),
  );
}

/** Leads requests through the faults that concern them, in the order in which those were made. */
export class RequestFaults {
  readonly #faults: RequestFault[] = [];
  /** Produce requests of a client that are held before they take effect: later ones of that client must not overtake. */
  readonly #held = new Map<string, Promise<undefined>>();

  constructor(private readonly topicNames: TopicNames) {}

  add(fault: RequestFault): void {
    this.#faults.push(fault);
  }

  disarm(fault: ArmedFault): void {
    const at = this.#faults.findIndex((each) => each.fault === fault);
    if (at >= 0) this.#faults.splice(at, 1);
  }

  handle(call: Call): Answer | Promise<Answer> {
    const held = call.apiKey === PRODUCE_KEY ? this.#held.get(call.context.clientId) : undefined;
    if (held !== undefined) return held.then(() => this.handle(call));
    return this.#faults.length === 0 ? call.handle(call.request) : this.#pass([...this.#faults], call);
  }

  /** Through the first of these faults that concerns the request, and then the ones behind it. */
  #pass(faults: readonly RequestFault[], call: Call): Answer | Promise<Answer> {
    const { name } = findApi(call.apiKey)!;
    const facts = factsOf(call.request, call.context, this.topicNames);
    if (call.apiKey === FETCH_KEY && hidesTopics(call.request, faults)) return { ...SESSION_NOT_FOUND };
    const at = faults.findIndex(
      ({ apis, scope, fault }) =>
        (apis === null || apis.has(name as ApiName)) && isWithin(facts, scope) && fault.strike(),
    );
    if (at < 0) return call.handle(call.request);
    const struck = faults[at]!;
    call.onStruck(struck.fault.name);
    return this.#strike(struck, call, (request) => this.#pass(faults.slice(at + 1), { ...call, request }));
  }

  async #strike(
    { kind, scope, fault }: RequestFault,
    call: Call,
    next: (request: Struct) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const { request } = call;
    switch (kind.type) {
      case 'fail':
        return this.#fail(call, kind.error, scope, next);
      case 'throttle': {
        const answer = await next(request);
        return answer === null ? null : { ...answer, throttleTimeMs: kind.ms };
      }
      case 'drop':
        if (kind.when === 'after') await next(request);
        throw new DroppedByFaultError(`connection closed: ${fault.name}`);
      case 'delay':
      case 'stall': {
        const wait = (): Promise<void> => fault.untilCleared(kind.type === 'delay' ? kind.ms : Infinity);
        if (kind.when === 'before') return this.#hold(call, wait(), () => next(request));
        const answer = await next(request);
        await orGone(call.context, wait());
        return answer;
      }
    }
  }

  async #hold({ apiKey, context }: Call, wait: Promise<void>, goOn: () => Answer | Promise<Answer>): Promise<Answer> {
    if (apiKey !== PRODUCE_KEY) {
      await orGone(context, wait);
      return goOn();
    }
    const { promise: passed, resolve: pass } = Promise.withResolvers<undefined>();
    this.#held.set(context.clientId, passed);
    try {
      await orGone(context, wait);
    } catch (error) {
      pass(undefined);
      throw error;
    } finally {
      if (this.#held.get(context.clientId) === passed) this.#held.delete(context.clientId);
    }
    // What waits behind goes on once this one is in the log, not once it is acknowledged.
    const answer = goOn();
    pass(undefined);
    return answer;
  }

  async #fail(
    { apiKey, request, context }: Call,
    error: KafkaErrorName,
    scope: RequestScope,
    next: (request: Struct) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    if (apiKey === METADATA_KEY) return failTopics(await next(request), error, scope, this.topicNames);
    const { inside, outside } = splitByTopic(request, scope, this.topicNames);
    if (apiKey === PRODUCE_KEY && request['acks'] === 0) {
      throw new DroppedByFaultError(`acks=0 has no answer but the end of the connection: ${error}`);
    }
    const refused = errorAnswer(apiKey, context.apiVersion, inside, ERROR[error], this.topicNames);
    if (outside === null) return refused;
    // An error is answered at once, without waiting for more bytes.
    const rest = apiKey === FETCH_KEY ? { ...outside, ...SESSIONLESS, maxWaitMs: 0 } : outside;
    const answer = await next(rest);
    return answer === null ? refused : joinAnswers(refused, answer);
  }
}

/** Clients live on the list of brokers in a Metadata answer, so it stays; the topics in question carry the error. */
function failTopics(answer: Answer, error: KafkaErrorName, { topic }: RequestScope, topicNames: TopicNames): Answer {
  if (answer === null) return null;
  const topics = structsOf(answer['topics']).map((each) =>
    topic === undefined || nameOf(each, topicNames) === topic
      ? { ...each, errorCode: ERROR[error], partitions: [] }
      : each,
  );
  return { ...answer, topics };
}

/** Waits, but not for a client that has left. */
async function orGone(context: RequestContext, wait: Promise<void>): Promise<void> {
  let release: () => void = () => undefined;
  const gone = new Promise<never>((_, reject) => {
    release = context.onDisconnect(() => reject(new DroppedByFaultError('the client left while its request was held')));
  });
  try {
    await Promise.race([wait, gone]);
  } finally {
    release();
  }
}
