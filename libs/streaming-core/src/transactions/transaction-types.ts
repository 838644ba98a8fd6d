import { strict as assert } from 'node:assert';

/** As in Apache Kafka; the names are those that DescribeTransactions and ListTransactions show. */
export type TransactionState =
  'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort' | 'Dead';

interface StateFacts {
  /** In the records of `__transaction_state`. */
  readonly id: number;
  readonly from: readonly TransactionState[];
}

/** The legal transitions. With transaction version 2 a transaction without partitions may be aborted (KIP-890). */
const STATES: Readonly<Record<TransactionState, StateFacts>> = {
  Empty: { id: 0, from: ['Empty', 'CompleteCommit', 'CompleteAbort'] },
  Ongoing: { id: 1, from: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'] },
  PrepareCommit: { id: 2, from: ['Ongoing'] },
  PrepareAbort: { id: 3, from: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'] },
  CompleteCommit: { id: 4, from: ['PrepareCommit'] },
  CompleteAbort: { id: 5, from: ['PrepareAbort'] },
  Dead: { id: 6, from: ['Empty', 'CompleteCommit', 'CompleteAbort'] },
};

export const stateId = (state: TransactionState): number => STATES[state].id;

const byId = new Map(Object.entries(STATES).map(([name, { id }]) => [id, name as TransactionState]));

/** Null for an id that no version of Kafka stores. */
export const stateOfId = (id: number): TransactionState | null => byId.get(id) ?? null;

export const isTransactionState = (name: string): name is TransactionState => Object.hasOwn(STATES, name);

export function assertTransition(from: TransactionState, to: TransactionState): void {
  assert(STATES[to].from.includes(from), `a transaction does not go from ${from} to ${to}`);
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** By `<topic>-<partition>`. */
export type PartitionSet = ReadonlyMap<string, TopicPartition>;

export const NO_PARTITIONS: PartitionSet = new Map();

export const partitionName = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** The rules by which a client works: 0 (and 1, which differs in records only), or 2 (KIP-890: a new epoch per transaction). */
export type TransactionVersion = 0 | 2;

export const NO_PRODUCER_ID = -1n;
export const NO_PRODUCER_EPOCH = -1;
const EPOCH_MAX = 0x7fff;

/** What is known of one transactional id. Immutable; each change is a record in `__transaction_state`. */
export interface TransactionMetadata {
  readonly transactionalId: string;
  readonly producerId: bigint;
  /** That of the last transaction; -1 without one. */
  readonly previousProducerId: bigint;
  /** Takes the place of `producerId` when the transaction that is being completed is complete; -1 if nothing does. */
  readonly nextProducerId: bigint;
  readonly producerEpoch: number;
  /** The epoch before, for a client that asks again; -1 if nobody may go on from it. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  readonly partitions: PartitionSet;
  /** Milliseconds since 1970; -1 outside a transaction. */
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly clientVersion: TransactionVersion;
}

/** One epoch is kept back, so that a producer can always be fenced. */
export const isEpochExhausted = (epoch: number): boolean => epoch >= EPOCH_MAX - 1;
