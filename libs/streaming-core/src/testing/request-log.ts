import type { RequestContext } from '../broker/request-context.js';
import { findApi, type ApiKey, type ApiName } from '../wire/apis/registry.js';
import { errorsIn } from './error-answer.js';
import type { Struct } from './plain.js';
import { factsOf, isWithin, type RequestFacts, type RequestScope, type TopicNames } from './request-facts.js';

const NEXT_TIMEOUT_MS = 10_000;

/** One request of a client, and what became of it. */
export interface LoggedRequest {
  readonly api: ApiName;
  readonly version: number;
  readonly clientId: string;
  /** Topics that it names, with their partitions. A fetch within a session names only what changed. */
  readonly topics: Readonly<Record<string, readonly number[]>>;
  readonly groups: readonly string[];
  readonly transactionalId: string | null;
  /** `pending` until it is answered; `dropped`: the connection was closed instead. */
  readonly outcome: 'pending' | 'answered' | 'dropped';
  /** Names of the errors in the answer, each once. */
  readonly errors: readonly string[];
  /** Names of the faults that struck it. */
  readonly faults: readonly string[];
  /** Real milliseconds until the answer; null while there is none. */
  readonly durationMs: number | null;
}

export interface RequestFilter extends RequestScope {
  readonly api?: ApiName;
}

interface Entry {
  readonly api: ApiName;
  readonly version: number;
  readonly facts: RequestFacts;
  readonly startedMs: number;
  readonly faults: string[];
  outcome: LoggedRequest['outcome'];
  errors: readonly string[];
  durationMs: number | null;
}

/** What clients asked, the last so many of it. */
export class RequestLog {
  #entries: Entry[] = [];
  readonly #watchers = new Set<(entry: Entry) => void>();

  constructor(
    private readonly entriesMax: number,
    private readonly topicNames: TopicNames,
  ) {}

  /** Requests that came since the start or {@link clear}, oldest first, as far as they are still known. */
  all(filter: RequestFilter = {}): LoggedRequest[] {
    return this.#entries.filter((entry) => matches(entry, filter)).map(publish);
  }

  count(filter: RequestFilter = {}): number {
    return this.#entries.filter((entry) => matches(entry, filter)).length;
  }

  /** The next such request that comes in from now on. Rejects after `timeoutMs`, default 10 s. */
  next(filter: RequestFilter = {}, { timeoutMs = NEXT_TIMEOUT_MS } = {}): Promise<LoggedRequest> {
    return new Promise((resolve, reject) => {
      const watcher = (entry: Entry): void => {
        if (!matches(entry, filter)) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(publish(entry));
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        reject(new Error(`no request ${JSON.stringify(filter)} in ${timeoutMs} ms`));
      }, timeoutMs);
      this.#watchers.add(watcher);
    });
  }

  clear(): void {
    this.#entries = [];
  }

  /** For the broker's side: notes a request, and gives what notes its end. */
  begin(apiKey: ApiKey, request: Struct, context: RequestContext): RequestNote {
    if (this.entriesMax === 0) return NO_NOTE;
    const entry: Entry = {
      api: findApi(apiKey)!.name as ApiName,
      version: context.apiVersion,
      facts: factsOf(request, context, this.topicNames),
      startedMs: performance.now(),
      faults: [],
      outcome: 'pending',
      errors: [],
      durationMs: null,
    };
    this.#entries.push(entry);
    // In one go, so that a full log does not move with every request.
    if (this.#entries.length > this.entriesMax * 2) this.#entries = this.#entries.slice(-this.entriesMax);
    for (const watcher of [...this.#watchers]) watcher(entry);
    return {
      struck: (fault) => void entry.faults.push(fault),
      end: (outcome, answer) => {
        entry.outcome = outcome;
        entry.errors = errorsIn(answer);
        entry.durationMs = performance.now() - entry.startedMs;
      },
    };
  }
}

export interface RequestNote {
  struck: (fault: string) => void;
  end: (outcome: 'answered' | 'dropped', answer: Struct | null) => void;
}

const NO_NOTE: RequestNote = { struck: () => undefined, end: () => undefined };

function matches({ api, facts }: Entry, filter: RequestFilter): boolean {
  return (filter.api === undefined || filter.api === api) && isWithin(facts, filter);
}

function publish({ facts, api, version, outcome, errors, faults, durationMs }: Entry): LoggedRequest {
  const { clientId, groups, transactionalId } = facts;
  const topics = Object.fromEntries(facts.topics);
  return { api, version, clientId, topics, groups, transactionalId, outcome, errors, faults: [...faults], durationMs };
}
