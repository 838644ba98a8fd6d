import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import type { StreamRecord } from '../client/types.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { DeadLetters } from './dead-letters.js';
import { deadLettersController } from './dead-letters.controller.js';
import { NestFixture } from './fixtures/nest-fixture.js';
import { StreamingModule } from './streaming.module.js';

const QUEUE = 'orders.billing.dlq';

describe('dead letters', () => {
  let fixture: NestFixture;
  let desk: DeadLetterDesk;
  beforeEach(async () => {
    fixture = await NestFixture.start({ orders: 2, [QUEUE]: 2, 'orders.other.dlq': 1 });
    desk = new DeadLetterDesk(fixture.client);
    const letters = new DeadLetters('billing', await fixture.client.producer(), fixture.client.admin());
    const record = (n: number): StreamRecord => ({
      topic: 'orders',
      partition: n % 2,
      offset: BigInt(n),
      timestamp: 1_000 + n,
      key: `o-${n}`,
      value: Buffer.from(`{"n":${n}}`),
      headers: new Map([['v', '1']]),
    });
    for (let n = 0; n < 4; n++) await letters.add(record(n), `no ${n}`, n);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  it('are listed, newest first, and shown', async () => {
    expect(await desk.queues('billing')).toEqual([{ topic: QUEUE, partitions: 2, letters: 4 }]);
    expect((await desk.queues()).map(({ topic }) => topic)).toEqual([QUEUE, 'orders.other.dlq']);
    expect((await desk.list(QUEUE, 3)).map(({ reason }) => reason)).toEqual(['no 3', 'no 2', 'no 1']);
    expect(await desk.list(QUEUE, 3, { partition: 0 })).toHaveLength(2);
    expect(await desk.show(QUEUE, 1, 1n)).toMatchObject({
      key: 'o-3',
      attempts: 3,
      origin: { topic: 'orders', partition: 1, offset: '3' },
      headers: new Map([['v', '1']]),
    });
    await expect(desk.show(QUEUE, 1, 2n)).rejects.toMatchObject({ code: 'NO_SUCH_LETTER' });
    await expect(desk.list('orders', 1)).rejects.toMatchObject({ code: 'NOT_A_QUEUE' });
    await expect(desk.list('x.dlq', 1)).rejects.toMatchObject({ code: 'NO_SUCH_QUEUE' });
    await expect(desk.purge(QUEUE, { partition: 2 })).rejects.toMatchObject({ code: 'BAD_RANGE' });
    await expect(desk.purge(QUEUE, { before: 1n })).rejects.toMatchObject({ code: 'BAD_RANGE' });
  });

  it('are purged up to where one says', async () => {
    expect(await desk.purge(QUEUE, { partition: 0, before: 1n })).toBe(1);
    expect((await desk.list(QUEUE, 9)).map(({ key }) => key)).toEqual(['o-3', 'o-2', 'o-1']);
    expect(await desk.purge(QUEUE)).toBe(3);
    expect(await desk.list(QUEUE, 9)).toEqual([]);
  });

  it('go back to where they came from', async () => {
    expect(await desk.merge(QUEUE, { partition: 0, before: 1n })).toBe(1);
    expect(await desk.merge(QUEUE)).toBe(3);
    expect(await desk.merge(QUEUE)).toBe(0);
    const back = await fixture.records('orders');
    expect(back.map(({ key, partition }) => `${key ?? ''} ${partition}`)).toEqual(['o-0 0', 'o-2 0', 'o-1 1', 'o-3 1']);
    expect(Object.fromEntries(back[0]!.headers)).toEqual({ v: '1', 'dlq-merged': `${QUEUE}-0@0` });
  });

  it('stay where one of them does not say whence it came', async () => {
    const producer = await fixture.client.producer();
    await producer.send([{ topic: QUEUE, partition: 1, key: null, value: 'x' }]);
    await expect(desk.merge(QUEUE)).rejects.toMatchObject({ code: 'NO_ORIGIN' });
    expect(await fixture.records('orders')).toEqual([]);
  });

  it('have a controller that an application mounts', async () => {
    const path = 'api/dead-letters';
    @Module({
      imports: [StreamingModule.forRoot({ brokers: fixture.broker.bootstrapServers, clientId: 'http' })],
      controllers: [deadLettersController({ path, groupId: 'billing' })],
    })
    class OperationsModule {}
    const app: INestApplication = await NestFactory.create(OperationsModule, { logger: false });
    try {
      await app.listen(0, '127.0.0.1');
      const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
      const call = async (method: string, route: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}/${path}${route}`, { method });
        const text = await answer.text();
        return [answer.status, text === '' ? null : (JSON.parse(text) as unknown)];
      };
      expect(await call('GET', '')).toEqual([200, [{ topic: QUEUE, partitions: 2, letters: 4 }]]);
      expect(await call('GET', `/${QUEUE}?limit=1`)).toMatchObject([200, [{ key: 'o-3', origin: 'orders-1@3' }]]);
      expect(await call('GET', `/${QUEUE}/0/0`)).toMatchObject([200, { value: '{"n":0}', headers: { v: '1' } }]);
      expect(await call('POST', `/${QUEUE}/0/0/resend`)).toEqual([204, null]);
      expect(await call('POST', `/${QUEUE}/merge?partition=0&before=1`)).toEqual([200, { merged: 1 }]);
      expect(await call('DELETE', `/${QUEUE}`)).toEqual([200, { purged: 3 }]);
      for (const route of ['?limit=0', '?limit=201', '?limit=x', '?limit=1&limit=2', '/0/x', '/0.5/1']) {
        expect((await call('GET', `/${QUEUE}${route}`))[0]).toBe(400);
      }
      for (const route of ['orders.other.dlq', 'orders', `${QUEUE}/0/99`]) {
        expect((await call('GET', `/${route}`))[0]).toBe(404);
      }
      expect((await call('DELETE', `/${QUEUE}?before=1`))[0]).toBe(400);
    } finally {
      await app.close();
    }
  });
});
