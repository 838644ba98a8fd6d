import { describe, expect, it, jest } from '@jest/globals';
import type { StreamRecord } from '../client/types.js';
import { handleEvent, handleInOrder, type EventHandling, type HandledEvent } from './event-handling.js';
import { RetryLater } from './retry-later.js';

function event(key: string | null, n: number): HandledEvent {
  const record: StreamRecord = {
    topic: 't',
    partition: 0,
    offset: BigInt(n),
    timestamp: 0,
    key,
    value: null,
    headers: new Map(),
  };
  return { event: `${key ?? '-'}${n}`, record };
}

function handling(over: Partial<EventHandling> = {}): EventHandling {
  return {
    handle: () => Promise.resolve(),
    retry: { attempts: 3, firstDelayMs: 0, maxDelayMs: 0, exhausted: 'dead-letter' },
    giveUp: () => Promise.resolve(),
    onRetry: () => undefined,
    ...over,
  };
}

const never = new AbortController().signal;

describe('one event', () => {
  it('is tried as often as the policy says, then put aside with its error', async () => {
    const handle = jest.fn(() => Promise.reject(new Error('no')));
    const giveUp = jest.fn(() => Promise.resolve());
    await handleEvent(event('a', 1), handling({ handle, giveUp }), never);
    expect(handle).toHaveBeenCalledTimes(3);
    expect(giveUp).toHaveBeenCalledTimes(1);
  });

  it('is tried for ever when the partition shall wait, or when the handler says later', async () => {
    for (const [error, exhausted] of [
      [new Error('no'), 'block'],
      [new RetryLater(0), 'dead-letter'],
    ] as const) {
      let calls = 0;
      const giveUp = jest.fn(() => Promise.resolve());
      const handle = () => (++calls < 20 ? Promise.reject(error) : Promise.resolve());
      const retry = { attempts: 3, firstDelayMs: 0, maxDelayMs: 0, exhausted };
      await handleEvent(event('a', 1), handling({ handle, giveUp, retry }), never);
      expect(calls).toBe(20);
      expect(giveUp).not.toHaveBeenCalled();
    }
  });

  it('is left to the next owner when the partition is taken away', async () => {
    const stop = new AbortController();
    const handle = () => {
      stop.abort();
      return Promise.reject(new Error('no'));
    };
    const retry = { attempts: 3, firstDelayMs: 60_000, maxDelayMs: 60_000, exhausted: 'dead-letter' } as const;
    const handled = handleEvent(event('a', 1), handling({ handle, retry }), stop.signal);
    await expect(handled).rejects.toMatchObject({ name: 'HandlingInterrupted' });
  });
});

describe('the events of a batch', () => {
  const events = [event('a', 1), event('b', 2), event('a', 3), event(null, 4), event('b', 5)];

  it('run in order one by one, or beside each other with the order of each key', async () => {
    for (const concurrency of [1, 3]) {
      const started: unknown[] = [];
      let running = 0;
      let runningMax = 0;
      const handle = async (each: unknown) => {
        started.push(each);
        runningMax = Math.max(runningMax, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      };
      expect(await handleInOrder(events, concurrency, handling({ handle }), never)).toEqual({ handled: 5 });
      expect(runningMax).toBe(concurrency);
      expect(started.filter((each) => String(each).startsWith('a'))).toEqual(['a1', 'a3']);
      expect(started.filter((each) => String(each).startsWith('b'))).toEqual(['b2', 'b5']);
      if (concurrency === 1) expect(started).toEqual(['a1', 'b2', 'a3', '-4', 'b5']);
    }
  });

  it('say how far they got without a gap when one cannot be put aside', async () => {
    const handle = (each: unknown) => (each === 'a3' ? Promise.reject(new Error('no')) : Promise.resolve());
    const giveUp = () => Promise.reject(new Error('the dead letters are full'));
    const result = await handleInOrder(events, 1, handling({ handle, giveUp }), never);
    expect(result.handled).toBe(2);
    expect(result.error?.message).toBe('the dead letters are full');
  });
});
