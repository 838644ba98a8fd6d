import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFixture, countedSchema, until, type Counted } from './fixtures/nest-fixture.js';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { RejectEvent } from './reject-event.js';
import {
  OnBatch,
  OnEvent,
  StreamConsumer,
  type BatchContext,
  type EventBatch,
  type EventContext,
} from './stream-consumer.decorators.js';
import { StreamPublisher } from './stream-publisher.js';
import { defineTopic } from './topic.js';

const Jobs = defineTopic({ name: 'jobs', schema: countedSchema, key: ({ id }) => id });
const log: string[] = [];
let failing = (_event: Counted, _attempt: number): Error | undefined => undefined;

function work(event: Counted, attempt: number): void {
  const failure = failing(event, attempt);
  log.push(`${event.id}${event.n}${failure ? ` failed ${attempt}` : ''}`);
  if (failure) throw failure;
}

@StreamConsumer({ groupId: 'w', retry: { ladderDelaysMs: [20, 40] }, concurrency: 4 })
export class Overtaking {
  @OnEvent(Jobs)
  async handle(event: Counted, { attempt }: EventContext): Promise<void> {
    if (attempt > 1) await until('the later ones of the key', () => log.includes('a2'));
    work(event, attempt);
  }
}

@StreamConsumer({ groupId: 'w', retry: { ladderDelaysMs: [20, 40], ladderOrder: 'key' }, concurrency: 4 })
export class InOrder {
  @OnEvent(Jobs)
  handle(event: Counted, { attempt }: EventContext): void {
    work(event, attempt);
  }
}

@StreamConsumer({ groupId: 'w', retry: { ladderDelaysMs: [20, 40], ladderOrder: 'key' } })
export class Batches {
  @OnBatch(Jobs)
  async handle({ events }: EventBatch<Counted>, context: BatchContext): Promise<void> {
    for (const { event, record } of events) {
      try {
        if (!context.mustWait(record)) work(event, context.attemptOf(record));
        else await context.retry(record, 'behind');
      } catch (error) {
        await context.retry(record, error);
      }
    }
  }
}

describe('the retry ladder of a consumer', () => {
  let fixture: NestFixture;
  beforeEach(async () => {
    log.length = 0;
    fixture = await NestFixture.start({ jobs: 2 });
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const of = (id: string): string[] => log.filter((entry) => entry.startsWith(id));
  const done = (): string[] => log.filter((entry) => !entry.includes('failed'));

  it('handles others meanwhile, and later ones of the key, too', async () => {
    failing = ({ id, n }, attempt) => (id === 'a' && n === 0 && attempt < 3 ? new Error('not yet') : undefined);
    const app = await fixture.app([Overtaking]);
    const events = [0, 1, 2].flatMap((n) => ['a', 'b'].map((id) => ({ id, n })));
    await app.get(StreamPublisher).send(Jobs, ...events);
    await until('all', () => done().length === 6);
    expect(of('a')).toEqual(['a0 failed 1', 'a1', 'a2', 'a0 failed 2', 'a0']);
    expect(await fixture.records('jobs.w.dlq')).toEqual([]);
  });

  it.each([['events', InOrder] as const, ['batches', Batches] as const])(
    'keeps each key in order if it is told to: %s',
    async (_, consumer) => {
      failing = ({ id, n }, attempt) => (id === 'a' && n === 0 && attempt < 3 ? new Error('not yet') : undefined);
      const app = await fixture.app([consumer]);
      const events = [0, 1, 2].flatMap((n) => ['a', 'b'].map((id) => ({ id, n })));
      await app.get(StreamPublisher).send(Jobs, ...events);
      await until('all', () => done().length === 6);
      expect(of('a')).toEqual(['a0 failed 1', 'a0 failed 2', 'a0', 'a1', 'a2']);
      expect(of('b')).toEqual(['b0', 'b1', 'b2']);
      await app.get(StreamPublisher).send(Jobs, { id: 'a', n: 3 });
      await until('the next', () => log.includes('a3'));
    },
  );

  it('remembers through a restart who waits', async () => {
    let isAway = true;
    failing = ({ id, n }) => (isAway && id === 'a' && n === 0 ? new Error('away') : undefined);
    @StreamConsumer({ groupId: 'w', retry: { ladderDelaysMs: [600_000, 1], ladderOrder: 'key' } })
    class Patient {
      @OnEvent(Jobs)
      handle(event: Counted, { attempt }: EventContext): void {
        work(event, attempt);
      }
    }
    const first = await fixture.app([Patient]);
    await first.get(StreamPublisher).send(Jobs, { id: 'a', n: 0 });
    await until('the rung', async () => (await fixture.records('jobs.w.retry.1')).length === 1);
    await first.close();
    isAway = false;
    const second = await fixture.app([Patient]);
    await second.get(StreamPublisher).send(Jobs, { id: 'a', n: 1 }, { id: 'b', n: 0 });
    await until('a1 behind a0', async () => (await fixture.records('jobs.w.retry.1')).length === 2);
    await until('b', () => log.includes('b0'));
    expect(of('a')).toEqual(['a0 failed 1']);
  });

  it('ends in the dead letters, with the record as it was; merged it is handled again', async () => {
    let isAway = true;
    failing = ({ id }) => (isAway && id === 'a' ? new Error('away') : undefined);
    const app = await fixture.app([InOrder]);
    await app.get(StreamPublisher).send(Jobs, { id: 'a', n: 0 }, { id: 'a', n: 1 });
    await until('two letters', async () => (await fixture.records('jobs.w.dlq')).length === 2);
    const desk = app.get(DeadLetterDesk);
    expect(await desk.queues('w')).toEqual([{ topic: 'jobs.w.dlq', partitions: 2, letters: 2 }]);
    const [letter] = await desk.list('jobs.w.dlq', 1);
    expect(letter).toMatchObject({
      reason: 'Error: away',
      attempts: 3,
      groupId: 'w',
      key: 'a',
      origin: { topic: 'jobs' },
      isCut: false,
    });
    expect([...letter!.headers.keys()]).toEqual(['traceparent'].filter((name) => letter!.headers.has(name)));
    isAway = false;
    await desk.resend('jobs.w.dlq', letter!.partition, letter!.offset);
    await until('one again', () => done().length === 1);
  });

  it('makes a dead letter at once of what a handler rejects', async () => {
    failing = ({ id }) => (id === 'a' ? new RejectEvent('not for us') : undefined);
    const app = await fixture.app([InOrder]);
    await app.get(StreamPublisher).send(Jobs, { id: 'a', n: 0 }, { id: 'b', n: 0 });
    await until('the letter', async () => (await fixture.records('jobs.w.dlq')).length === 1);
    await until('b', () => log.includes('b0'));
    expect(of('a')).toEqual(['a0 failed 1']);
  });

  it('says at start what is wrong with its topics', async () => {
    await fixture.client.admin().ensureTopics([{ name: 'jobs.w.retry.1', partitions: 1 }]);
    await expect(fixture.app([InOrder])).rejects.toThrow('topic jobs.w.retry.1 has 1 partitions, not 2');
  });
});
