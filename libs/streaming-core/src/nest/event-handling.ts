import { Backoff, delay } from '../client/backoff.js';
import type { StreamRecord } from '../client/types.js';
import type { EventContext, RetryPolicy } from './stream-consumer.decorators.js';
import { RetryLater } from './retry-later.js';

export interface HandledEvent {
  readonly event: unknown;
  readonly record: StreamRecord;
}

export interface EventHandling {
  readonly handle: (event: unknown, context: EventContext) => Promise<unknown>;
  readonly retry: Required<RetryPolicy>;
  /** Called after the last attempt with policy `dead-letter`; rejects if that fails. */
  readonly giveUp: (record: StreamRecord, error: unknown) => Promise<void>;
  readonly onRetry: (record: StreamRecord, error: unknown, attempt: number) => void;
}

/** Thrown when the partition is taken away before all events are handled. */
export class HandlingInterrupted extends Error {
  override readonly name = 'HandlingInterrupted';
}

/** One event, with retries. Resolves when it is handled or given up; rejects `HandlingInterrupted` or what giveUp throws. */
export async function handleEvent(
  { event, record }: HandledEvent,
  how: EventHandling,
  signal: AbortSignal,
): Promise<void> {
  const { attempts, firstDelayMs, maxDelayMs, exhausted } = how.retry;
  const backoff = new Backoff(firstDelayMs, maxDelayMs);
  let counted = 0;
  for (let attempt = 1; ; attempt++) {
    if (signal.aborted) throw new HandlingInterrupted();
    try {
      await how.handle(event, { record, attempt, signal });
      return;
    } catch (error) {
      const later = error instanceof RetryLater;
      if (!later && ++counted >= attempts && exhausted === 'dead-letter') {
        await how.giveUp(record, error);
        return;
      }
      how.onRetry(record, error, attempt);
      await delay(later ? error.delayMs : backoff.nextMs(), signal);
    }
  }
}

/**
 * Events of one partition: in order per key, up to `concurrency` keys beside each other; with 1, in order. Gives how many
 * of the first ones are handled without a gap, and the error if it was interrupted.
 */
export async function handleInOrder(
  events: readonly HandledEvent[],
  concurrency: number,
  how: EventHandling,
  signal: AbortSignal,
): Promise<{ readonly handled: number; readonly error?: Error }> {
  const done = new Array<boolean>(events.length).fill(false);
  const lanes = concurrency > 1 ? lanesByKey(events) : [events.map((_, index) => index)];
  const failures: Error[] = [];
  const worker = async (): Promise<void> => {
    for (let lane = lanes.shift(); lane && failures.length === 0; lane = lanes.shift()) {
      for (const index of lane) {
        try {
          await handleEvent(events[index]!, how, signal);
          done[index] = true;
        } catch (caught) {
          failures.push(caught instanceof Error ? caught : new Error(String(caught)));
          return;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
  const firstUndone = done.indexOf(false);
  const handled = firstUndone < 0 ? events.length : firstUndone;
  const [error] = failures;
  return error ? { handled, error } : { handled };
}

function lanesByKey(events: readonly HandledEvent[]): number[][] {
  const lanes = new Map<string | null, number[]>();
  events.forEach(({ record }, index) => {
    const lane = lanes.get(record.key);
    if (lane) lane.push(index);
    else lanes.set(record.key, [index]);
  });
  return [...lanes.values()];
}
