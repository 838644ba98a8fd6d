import { describe, expect, it } from '@jest/globals';
import type { OutgoingRecord, StreamProducer } from 'streaming-core/client/types';
import { IN_FLIGHT_MAX, LogWriter } from './log-writer.js';

const record = (topic: string, value: string): OutgoingRecord => ({ topic, partition: 0, key: 'k', value });

/** Answers when the test says so. */
class HeldProducer implements StreamProducer {
  readonly taken: string[] = [];
  private readonly waiting: ((error?: Error) => void)[] = [];

  send(records: readonly OutgoingRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push((error) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        this.taken.push(...records.map(({ value }) => String(value)));
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Waits for the next send and answers it. */
  async answer(error?: Error): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (this.waiting.length === 0) {
      if (Date.now() > deadline) throw new Error('nothing was sent');
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.waiting.shift()!(error);
    await new Promise((resolve) => setImmediate(resolve));
  }

  get open(): number {
    return this.waiting.length;
  }
}

function setUp() {
  const producer = new HeldProducer();
  const errors: number[] = [];
  const writer = new LogWriter({ producer, retryDelayMs: 1, onError: (_error, records) => errors.push(records) });
  return { producer, errors, writer };
}

describe('LogWriter', () => {
  it('sends without waiting, and counts what is on its way', async () => {
    const { producer, writer } = setUp();
    writer.write([record('RideEvents', 'a'), record('RideEvents', 'b')]);
    writer.write([record('RideEvents', 'c')]);
    expect([producer.open, writer.recordsInFlight, writer.recordsAcknowledged]).toEqual([2, 3, 0]);
    await producer.answer();
    expect([writer.recordsInFlight, writer.recordsAcknowledged]).toEqual([1, 2]);
    await producer.answer();
    await writer.close();
    expect(producer.taken).toEqual(['a', 'b', 'c']);
  });

  it('is not ready while too much is on its way', async () => {
    const { producer, writer } = setUp();
    writer.write(Array.from({ length: IN_FLIGHT_MAX }, () => record('LocationUpdates', 'x')));
    expect(writer.ready).toBe(false);
    await producer.answer();
    expect(writer.ready).toBe(true);
  });

  it('sends again what the log did not take, but for locations, before it takes anything new', async () => {
    const { producer, errors, writer } = setUp();
    writer.write([record('RideEvents', 'completed'), record('LocationUpdates', 'here')]);
    await producer.answer(new Error('the broker was away'));
    expect([writer.ready, writer.failing, errors]).toEqual([false, true, [2]]);
    await producer.answer(new Error('still away'));
    expect(writer.failing).toBe(true);
    await producer.answer();
    await writer.close();
    expect([producer.taken, writer.ready]).toEqual([['completed'], true]);
  });

  it('does not repeat a batch of locations alone', async () => {
    const { producer, writer } = setUp();
    writer.write([record('LocationUpdates', 'here')]);
    await producer.answer(new Error('away'));
    expect([writer.ready, producer.open]).toEqual([true, 0]);
  });

  it('keeps the order of what it repeats', async () => {
    const { producer, writer } = setUp();
    writer.write([record('RideEvents', '1')]);
    writer.write([record('RideEvents', '2')]);
    await producer.answer(new Error('away'));
    await producer.answer(new Error('away'));
    await producer.answer();
    await producer.answer();
    await writer.close();
    expect(producer.taken).toEqual(['1', '2']);
  });
});
