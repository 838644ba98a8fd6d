import { partitionOfGroup } from '../groups/group-partition.js';
import type { KafkaErrorName } from '../wire/error-codes.js';

type LoadState = 'unloaded' | 'loading' | 'loaded' | 'failed';

/** Which partitions of `__transaction_state` are served here, since which leader epoch. */
export class StatePartitions {
  readonly #states: LoadState[];
  /** Markers of an older coordinator epoch are refused. */
  readonly #epochs: number[];

  constructor(readonly count: number) {
    this.#states = Array.from({ length: count }, () => 'unloaded');
    this.#epochs = Array.from({ length: count }, () => 0);
  }

  /** By the same hash as groups are spread over `__consumer_offsets`. */
  of(transactionalId: string): number {
    return partitionOfGroup(transactionalId, this.count);
  }

  epochFor(transactionalId: string): number {
    return this.#epochs[this.of(transactionalId)]!;
  }

  availability(transactionalId: string): KafkaErrorName {
    const state = this.#states[this.of(transactionalId)]!;
    if (state === 'loaded') return 'NONE';
    if (state === 'failed') return 'COORDINATOR_NOT_AVAILABLE';
    return state === 'loading' ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR';
  }

  get isLoading(): boolean {
    return this.#states.includes('loading');
  }

  startLoading(partition: number): void {
    this.#states[partition] = 'loading';
  }

  failLoading(partition: number): void {
    this.#states[partition] = 'failed';
  }

  finishLoading(partition: number, epoch: number): void {
    this.#states[partition] = 'loaded';
    this.#epochs[partition] = epoch;
  }

  unloadAll(): void {
    this.#states.fill('unloaded');
  }
}
