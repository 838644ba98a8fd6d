import type { Clock, Timer } from '../../ports/clock.js';
import { errorNameOf } from '../../replica/partition-errors.js';
import type {
  AddPartitionsInput,
  EndInput,
  InitInput,
  TransactionCoordinatorConfig,
  TransactionEffect,
  TransactionRequest,
  TransactionResponse,
} from '../../transactions/coordinator-types.js';
import { TransactionCoordinator } from '../../transactions/transaction-coordinator.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';
import { decodeRecords, encodeBatch } from '../../wire/records/record-codec.js';
import type { InternalTopic } from '../internal-topic.js';
import type { Logger } from '../logger.js';
import type { MarkerWriter } from './marker-writer.js';

type AppendEffect = Extract<TransactionEffect, { type: 'append' }>;
type Without<T> = Omit<T, 'type' | 'requestId'>;

export interface TransactionServicePorts {
  readonly clock: Clock;
  /** `__transaction_state`. */
  readonly topic: InternalTopic;
  readonly markers: MarkerWriter;
  readonly logger: Logger;
}

/**
 * How long a request waits for another step of its transaction to end before it is told CONCURRENT_TRANSACTIONS. Between an outcome and
 * its markers lie milliseconds; clients that have to come again wait for up to a third of a second.
 */
const PATIENCE_MS = 500;
/** Longest time that a timer is set for: deadlines are wall time, which may jump. */
const LOOK_AGAIN_MS = 60_000;

/** Runs the transaction coordinator in the world: requests as promises, deadlines as a timer, appends and markers through the logs. */
export class TransactionService {
  readonly coordinator: TransactionCoordinator;
  readonly #ports: TransactionServicePorts;
  readonly #waiting = new Map<number, (response: TransactionResponse) => void>();
  /** Who waits for the next step of a transactional id; each is a request under way, of which a connection has few. */
  readonly #patient = new Map<string, Set<() => void>>();
  #lastRequestId = 0;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #isStopped = false;

  constructor(config: TransactionCoordinatorConfig, ports: TransactionServicePorts) {
    this.coordinator = new TransactionCoordinator(config);
    this.#ports = ports;
    for (let partition = 0; partition < config.statePartitions; partition++) this.coordinator.startLoading(partition);
  }

  init(transactionalId: string, input: Without<InitInput>): Promise<TransactionResponse> {
    return this.#ask(transactionalId, (requestId) => ({ ...input, type: 'init', requestId }));
  }

  addPartitions(transactionalId: string, input: Without<AddPartitionsInput>): Promise<TransactionResponse> {
    return this.#ask(transactionalId, (requestId) => ({ ...input, type: 'addPartitions', requestId }));
  }

  end(transactionalId: string, input: Without<EndInput>): Promise<TransactionResponse> {
    return this.#ask(transactionalId, (requestId) => ({ ...input, type: 'end', requestId }));
  }

  /** Reads what `__transaction_state` holds, completes what was decided, and serves from then on. */
  async load(): Promise<void> {
    const { topic, logger } = this.#ports;
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      if (topic.isOffline(partition)) {
        this.coordinator.failLoading(partition);
        continue;
      }
      await topic.read(partition, (batch) => {
        if (batch.isControl) return;
        for (const { key, value } of decodeRecords(batch)) {
          try {
            if (key !== null) this.coordinator.load(key, value);
          } catch (error) {
            logger.error({ partition, err: error }, 'skipped a record of __transaction_state that cannot be read');
          }
        }
      });
      this.#perform(this.coordinator.finishLoading(partition, topic.leaderEpoch(partition)));
    }
    this.#arm(this.coordinator.nextDeadlineMs());
  }

  expireIds(): void {
    this.#perform(this.coordinator.expireIds(this.#nowMs()));
  }

  /** Answers all that waits with NOT_COORDINATOR. What was decided is completed after the next start. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#ports.markers.stop();
    this.coordinator.unloadAll();
    for (const answer of this.#waiting.values()) {
      answer({ error: 'NOT_COORDINATOR', producerId: -1n, producerEpoch: -1 });
    }
    this.#waiting.clear();
    for (const patient of [...this.#patient.values()]) for (const onStep of [...patient]) onStep();
  }

  async #ask(
    transactionalId: string,
    inputOf: (requestId: number) => TransactionRequest,
  ): Promise<TransactionResponse> {
    const untilMs = this.#ports.clock.monotonicMs() + PATIENCE_MS;
    for (;;) {
      const response = await this.#request(transactionalId, inputOf(this.#nextId()));
      if (response.error !== 'CONCURRENT_TRANSACTIONS') return response;
      if (!(await this.#nextStep(transactionalId, untilMs))) return response;
    }
  }

  /** Resolves with the next record of a transactional id; with false if there is none in time. */
  #nextStep(transactionalId: string, untilMs: number): Promise<boolean> {
    const leftMs = untilMs - this.#ports.clock.monotonicMs();
    if (leftMs <= 0 || this.#isStopped) return Promise.resolve(false);
    // It ended while the answer was on its way here.
    if (!this.coordinator.isMoving(transactionalId)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const patient = this.#patient.get(transactionalId) ?? new Set();
      this.#patient.set(transactionalId, patient);
      const end = (isStep: boolean): void => {
        timer.cancel();
        patient.delete(onStep);
        if (patient.size === 0) this.#patient.delete(transactionalId);
        resolve(isStep);
      };
      const onStep = (): void => end(true);
      const timer = this.#ports.clock.schedule(leftMs, () => end(false));
      patient.add(onStep);
    });
  }

  #request(transactionalId: string, input: TransactionRequest): Promise<TransactionResponse> {
    return new Promise((resolve) => {
      this.#waiting.set(input.requestId, resolve);
      this.#perform(this.coordinator.request(transactionalId, input, this.#nowMs()));
    });
  }

  #perform(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'reply':
          this.#waiting.get(effect.requestId)?.(effect.response);
          this.#waiting.delete(effect.requestId);
          break;
        case 'append':
          void this.#append(effect);
          break;
        case 'writeMarkers':
          void this.#ports.markers.write(effect.markers).then(() => {
            this.#perform(this.coordinator.markersWritten(effect.markers.transactionalId, this.#nowMs()));
          });
          break;
        case 'timedOut': {
          const { type: _, ...details } = effect;
          this.#ports.logger.warn(details, 'aborting a transaction that timed out');
          break;
        }
      }
    }
  }

  async #append({ appendId, transactionalId, partition, key, value }: AppendEffect): Promise<void> {
    const error = await this.#write(partition, key, value);
    if (this.#isStopped) return;
    this.#perform(this.coordinator.appended(appendId, error, this.#nowMs()));
    for (const onStep of [...(this.#patient.get(transactionalId) ?? [])]) onStep();
    this.#arm(this.coordinator.nextDeadlineMs(transactionalId));
  }

  async #write(partition: number, key: Buffer, value: Buffer | null): Promise<KafkaErrorName> {
    const { topic, logger } = this.#ports;
    try {
      const batch = encodeBatch({ records: [{ timestamp: BigInt(this.#nowMs()), key, value }] });
      await topic.append(partition, batch);
      return 'NONE';
    } catch (error) {
      const name = errorNameOf(error);
      if (!this.#isStopped) logger.error({ partition, error: name, err: error }, 'cannot write to __transaction_state');
      return 'COORDINATOR_NOT_AVAILABLE';
    }
  }

  #arm(deadlineMs: number): void {
    if (this.#isStopped || deadlineMs === Infinity || deadlineMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = deadlineMs;
    const delayMs = Math.min(Math.max(0, deadlineMs - this.#nowMs()), LOOK_AGAIN_MS);
    this.#timer = this.#ports.clock.schedule(delayMs, () => {
      this.#timerAtMs = Infinity;
      this.#perform(this.coordinator.tick(this.#nowMs()));
      this.#arm(this.coordinator.nextDeadlineMs());
    });
  }

  #nowMs(): number {
    return this.#ports.clock.nowMs();
  }

  #nextId(): number {
    this.#lastRequestId += 1;
    return this.#lastRequestId;
  }
}
