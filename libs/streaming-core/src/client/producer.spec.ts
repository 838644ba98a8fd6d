import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Cluster } from './cluster.js';
import { BatchingProducer } from './producer.js';
import type { OutgoingRecord } from './types.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Takes connections and never answers: a broker that hangs. */
async function silentBroker(): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function producerAgainst(brokers: string): BatchingProducer {
  const cluster = new Cluster(brokers, 'test');
  const producer = new BatchingProducer(cluster);
  closers.unshift(async () => {
    await producer.close();
    await cluster.close();
  });
  return producer;
}

describe('a producer', () => {
  it('refuses records that cannot be written, and takes nothing of that send', async () => {
    const producer = producerAgainst('127.0.0.1:1');
    const good: OutgoingRecord = { topic: 't', key: null, value: 'v' };
    const bad = [
      { ...good, topic: '' },
      { ...good, partition: -1 },
      { ...good, partition: 0.5 },
      { ...good, timestamp: 1.5 },
      { ...good, timestamp: Number.NaN },
      { ...good, key: undefined },
      { ...good, value: undefined },
      { ...good, value: 5 },
      { ...good, headers: { a: undefined } },
    ] as unknown as OutgoingRecord[];
    for (const record of bad) {
      await expect(producer.send([good, record])).rejects.toMatchObject({ code: 'INVALID_RECORD' });
    }
  });

  it.each([
    ['refuses', () => Promise.resolve('127.0.0.1:1')],
    ['hangs', silentBroker],
  ])(
    'closes within its time while the broker %s, and rejects what is not acknowledged',
    async (_, broker) => {
      const producer = producerAgainst(await broker());
      const outcome = producer.send([{ topic: 't', key: null, value: 'v' }]).catch((error: unknown) => error);
      await producer.close();
      expect(await outcome).toMatchObject({ name: 'StreamClientError' });
    },
    15_000,
  );
});
