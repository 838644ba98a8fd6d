import { ALL_APIS, type ApiName } from '../wire/apis/registry.js';
import { ERROR, type KafkaErrorName } from '../wire/error-codes.js';
import { ArmedFault, describeFault, type Fault, type FaultTimes } from './fault.js';
import type { FaultNetwork } from './fault-network.js';
import type { FaultStorage, StorageFaultKind } from './fault-storage.js';
import type { GroupControl, MemberFilter } from './group-control.js';
import type { FaultMoment, RequestFaultKind, RequestFaults } from './request-faults.js';
import type { RequestScope } from './request-facts.js';

/** One API, several, or every one of them. */
export type FaultApi = ApiName | readonly ApiName[] | '*';

export interface RequestFaultOptions extends RequestScope, FaultTimes {}

export interface MomentOptions extends RequestFaultOptions {
  /** `before` the request takes effect, or `after`: then it took effect and only the answer is concerned. */
  readonly when?: FaultMoment;
}

export interface StorageFaultOptions extends FaultTimes {
  readonly topic?: string;
  /** With `topic`. */
  readonly partition?: number;
}

export interface FaultTargets {
  readonly requests: RequestFaults;
  readonly storage: FaultStorage;
  readonly network: FaultNetwork;
  readonly groups: GroupControl;
  /** Where the batch with this offset lies. */
  readonly locate: (topic: string, partition: number, offset: number) => { path: string; position: number };
  readonly fence: (transactionalId: string) => Promise<void>;
}

/** What coordinators are asked. */
const GROUP_APIS: readonly ApiName[] = [
  'OffsetCommit',
  'OffsetFetch',
  'JoinGroup',
  'Heartbeat',
  'LeaveGroup',
  'SyncGroup',
  'DescribeGroups',
  'DeleteGroups',
  'OffsetDelete',
  'ConsumerGroupHeartbeat',
  'ConsumerGroupDescribe',
  'TxnOffsetCommit',
];
const TRANSACTION_APIS: readonly ApiName[] = ['InitProducerId', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'EndTxn'];

/** For tests in JavaScript: a fault with a name that is none would never strike. */
const API_NAMES: ReadonlySet<string> = new Set(ALL_APIS.map(({ name }) => name));

/**
 * What can go wrong, by name. A fault strikes until it has struck as often as asked or is cleared; several may be armed
 * at once, and a request passes them in the order in which they were made. Restarts of the broker do not clear them.
 */
export class Faults {
  readonly #armed = new Set<ArmedFault>();

  constructor(private readonly targets: FaultTargets) {}

  /** Answers the next such request (or `times` of them) with an error, without serving it. */
  failNext(api: FaultApi, error: KafkaErrorName, options: RequestFaultOptions = {}): Fault {
    return this.fail(api, error, { times: 1, ...options });
  }

  /**
   * Answers every such request with an error, without serving it. With `topic` and `partition` the request's other
   * partitions are served. A produce request with acks=0 has no answer: its connection is closed.
   */
  fail(api: FaultApi, error: KafkaErrorName, options: RequestFaultOptions = {}): Fault {
    if (!Object.hasOwn(ERROR, error)) throw new RangeError(`Kafka has no error ${error}`);
    return this.#request(`fail ${named(api)} with ${error}`, api, { type: 'fail', error }, options);
  }

  /** Takes `ms` more of real time over such requests; by default over the answer, when they have taken effect. */
  delay(api: FaultApi, ms: number, { when = 'after', ...options }: MomentOptions = {}): Fault {
    return this.#request(`delay ${named(api)} by ${ms} ms`, api, { type: 'delay', ms, when }, options);
  }

  /** Holds such requests until the fault is cleared; by default before they take effect. */
  stall(api: FaultApi, { when = 'before', ...options }: MomentOptions = {}): Fault {
    return this.#request(`stall ${named(api)}`, api, { type: 'stall', when }, options);
  }

  /**
   * Closes the connection of the next such request (or `times` of them) instead of answering. `after` is the lost
   * acknowledgement: the request took effect and the client cannot know.
   */
  dropConnection(api: FaultApi, { when = 'before', ...options }: MomentOptions = {}): Fault {
    const name = `drop the connection ${when} ${named(api)}`;
    return this.#request(name, api, { type: 'drop', when }, { times: 1, ...options });
  }

  /** Tells clients in such answers that they were throttled for `ms`. Quotas, which also hold requests back, are configs. */
  throttle(api: FaultApi, ms: number, options: RequestFaultOptions = {}): Fault {
    return this.#request(`throttle ${named(api)} by ${ms} ms`, api, { type: 'throttle', ms }, options);
  }

  /** A group's coordinator is loading: all that is asked of it fails with COORDINATOR_LOAD_IN_PROGRESS, which clients retry. */
  coordinatorLoading(options: RequestFaultOptions = {}): Fault {
    const apis = options.transactionalId === undefined ? GROUP_APIS : TRANSACTION_APIS;
    const kind: RequestFaultKind = { type: 'fail', error: 'COORDINATOR_LOAD_IN_PROGRESS' };
    return this.#request('coordinator loading', apis, kind, options);
  }

  /** Closes new connections at once, as a broker does that is down. Those that are open stay: see {@link breakConnections}. */
  refuseConnections(options: FaultTimes = {}): Fault {
    const { network } = this.targets;
    const fault = this.#arm('refuse connections', options, (each) => network.disarm(each));
    network.refuse(fault);
    return fault;
  }

  /** Breaks off every open connection now; returns how many there were. */
  breakConnections(): number {
    return this.targets.network.breakOff();
  }

  /** Fails fsyncs: what waited for them is refused with KAFKA_STORAGE_ERROR and is not in the log. */
  failFsync(options: StorageFaultOptions = {}): Fault {
    return this.#storage('fail fsync', () => ({ type: 'fail-sync' }), options);
  }

  /** Takes `ms` more of real time over fsyncs: acknowledgements wait. */
  delayFsync(ms: number, options: StorageFaultOptions = {}): Fault {
    return this.#storage(`delay fsync by ${ms} ms`, (fault) => delayedSync(fault, ms), options);
  }

  /** Holds fsyncs until the fault is cleared: nothing is acknowledged meanwhile. */
  stallFsync(options: StorageFaultOptions = {}): Fault {
    return this.#storage('stall fsync', (fault) => delayedSync(fault, Infinity), options);
  }

  /** Takes no more bytes: produce requests fail with KAFKA_STORAGE_ERROR until there is room again. */
  fullDisk(options: StorageFaultOptions = {}): Fault {
    return this.#storage('full disk', () => ({ type: 'full-disk' }), options);
  }

  /**
   * Damages the stored batch that holds this record: reads of it give a wrong byte in its last record until the fault is
   * cleared. Clients that check CRCs see it; a restart that recovers the log cuts it off.
   * @throws if there is no such record
   */
  corruptBatch(where: { readonly topic: string; readonly partition?: number; readonly offset: number }): Fault {
    const { topic, partition = 0, offset } = where;
    const { path, position } = this.targets.locate(topic, partition, offset);
    const { storage } = this.targets;
    const name = describeFault('corrupt a batch', where);
    const fault = this.#arm(name, {}, (each) => storage.disarm(each));
    storage.add({ kind: { type: 'corrupt', position }, concerns: (each) => each === path, fault });
    return fault;
  }

  /**
   * Removes a member from its group as if its session had ended: it is told UNKNOWN_MEMBER_ID at its next heartbeat or commit,
   * and the others rebalance. Resolves to the ids of those removed.
   * @throws if the group has no such member
   */
  expireSession(group: string, member: MemberFilter = {}): Promise<readonly string[]> {
    return this.targets.groups.expireSession(group, member);
  }

  /**
   * Makes a group rebalance: every member is told at its next heartbeat, and rejoins. Resolves when the rebalance has begun.
   * @throws if the group has no members
   */
  rebalance(group: string): Promise<void> {
    return this.targets.groups.rebalance(group);
  }

  /** Fences a transactional producer, as a newer one of the same id does: its next call fails with PRODUCER_FENCED. */
  fenceProducer(transactionalId: string): Promise<void> {
    return this.targets.fence(transactionalId);
  }

  /** The faults made since the last {@link clear}. */
  all(): readonly Fault[] {
    return [...this.#armed];
  }

  /** Fails unless every fault made since the last {@link clear} has struck: as often as asked, or at all. */
  assertAllHit(): void {
    const missed = [...this.#armed].flatMap((fault) => fault.shortfall ?? []);
    if (missed.length > 0) throw new Error(`faults that did not strike:\n${missed.join('\n')}`);
  }

  /** Ends all faults and forgets them; what they hold goes on. */
  clear(): void {
    for (const fault of this.#armed) fault.clear();
    this.#armed.clear();
  }

  #request(name: string, api: FaultApi, kind: RequestFaultKind, options: RequestFaultOptions): Fault {
    const apis = api === '*' ? null : new Set(typeof api === 'string' ? [api] : api);
    for (const each of apis ?? []) if (!API_NAMES.has(each)) throw new RangeError(`Kafka has no API ${each}`);
    const { times, skip, ...scope } = options;
    const { requests } = this.targets;
    const fault = this.#arm(describeFault(name, options), timesOf(times, skip), (each) => requests.disarm(each));
    requests.add({ kind, apis, scope, fault });
    return fault;
  }

  #storage(
    name: string,
    kindOf: (fault: ArmedFault) => StorageFaultKind,
    { topic, partition, times, skip }: StorageFaultOptions,
  ): Fault {
    const { storage } = this.targets;
    const description = describeFault(name, { topic, partition, times });
    const fault = this.#arm(description, timesOf(times, skip), (each) => storage.disarm(each));
    storage.add({ kind: kindOf(fault), concerns: (path) => isOfPartition(path, topic, partition), fault });
    return fault;
  }

  #arm(name: string, times: FaultTimes, onClear: (fault: ArmedFault) => void): ArmedFault {
    const fault = new ArmedFault(name, times, () => onClear(fault));
    this.#armed.add(fault);
    return fault;
  }
}

function delayedSync(fault: ArmedFault, ms: number): StorageFaultKind {
  return { type: 'delay-sync', wait: () => fault.untilCleared(ms) };
}

function timesOf(times: number | undefined, skip: number | undefined): FaultTimes {
  return { ...(times === undefined ? {} : { times }), ...(skip === undefined ? {} : { skip }) };
}

function named(api: FaultApi): string {
  if (api === '*') return 'any request';
  return typeof api === 'string' ? api : api.join(', ');
}

/** A partition's files lie in a directory named `<topic>-<partition>`. */
function isOfPartition(path: string, topic: string | undefined, partition: number | undefined): boolean {
  if (topic === undefined) return true;
  const directory = path.split(/[\\/]/).at(-2) ?? '';
  const dash = directory.lastIndexOf('-');
  return (
    directory.slice(0, dash) === topic && (partition === undefined || Number(directory.slice(dash + 1)) === partition)
  );
}
