import { describe, expect, it } from '@jest/globals';
import type { NotificationChannel } from '../channels/channel.js';
import { DELIVERY_POLICY } from '../config.js';
import { messagesFor } from '../core/messages.js';
import { rideQueued } from '../../test/ride-fixtures.js';
import { Delivery, inLanes } from './delivery.js';

const [message] = messagesFor(rideQueued('r1'));

const channel = (name: string, deliver: NotificationChannel['deliver']): NotificationChannel => ({ name, deliver });

describe('Delivery', () => {
  it('says which channels failed, and why', async () => {
    const delivery = new Delivery(
      [
        channel('good', () => Promise.resolve()),
        channel('away', () => Promise.reject(new Error('no route'))),
        channel('broken', () => {
          throw new Error('a bug');
        }),
      ],
      DELIVERY_POLICY,
    );
    expect(await delivery.deliver(message!, delivery.channelNames)).toEqual({
      failedChannels: ['away', 'broken'],
      reason: 'channel away: no route; channel broken: a bug',
    });
    expect(await delivery.deliver(message!, ['good'])).toMatchObject({ failedChannels: [] });
    expect(await delivery.deliver(message!, ['a channel of an older release'])).toMatchObject({ failedChannels: [] });
  });

  it('gives up on a channel that does not answer, and tells it', async () => {
    let given: AbortSignal | undefined;
    const silent = channel('silent', (_message, signal) => {
      given = signal;
      return new Promise(() => undefined);
    });
    const delivery = new Delivery([silent], { ...DELIVERY_POLICY, channelTimeoutMs: 5 });
    const outcome = await delivery.deliver(message!, ['silent']);
    expect(outcome).toEqual({ failedChannels: ['silent'], reason: 'channel silent: no answer within 5 ms' });
    expect(given?.aborted).toBe(true);
  });
});

describe('inLanes', () => {
  it('never runs more than its width, and all of them', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await inLanes([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      done.push(item);
    });
    expect(most).toBe(3);
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('rejects only when nothing is under way any more', async () => {
    const done: number[] = [];
    const work = inLanes([1, 2], 2, async (item) => {
      if (item === 1) throw new Error('first');
      await new Promise((resolve) => setImmediate(resolve));
      done.push(item);
    });
    await expect(work).rejects.toThrow('first');
    expect(done).toEqual([2]);
  });
});
