import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { ERROR } from '../wire/error-codes.js';
import { createStreamClient } from './stream-client.js';
import type { StreamClient, TransactionalProducer } from './types.js';

let broker: TestBroker;
let client: StreamClient;
let producer: TransactionalProducer;

beforeEach(async () => {
  broker = await startTestBroker({ topics: { rides: 1 } });
  client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
  producer = await client.transactionalProducer({ transactionalId: 'tx' });
});

afterEach(async () => {
  await client.close();
  await broker.stop();
});

const RECORDS = [{ topic: 'rides', key: 'a', value: '1' }];

describe('a transactional producer', () => {
  it('closes while the beginning of a transaction is under way', async () => {
    const transaction = await producer.begin();
    const sending = transaction.send(RECORDS);
    await transaction.abort(); // what was being sent is in doubt: the next transaction asks for another epoch
    await sending.catch(() => undefined);
    const begun = producer.begin();
    const closed = producer.close();
    await expect(begun).rejects.toMatchObject({ code: 'CLOSED' });
    await closed;
    await expect(producer.begin()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('does not let a second transaction begin while the first is beginning', async () => {
    const transaction = await producer.begin();
    const sending = transaction.send(RECORDS);
    await transaction.abort();
    await sending.catch(() => undefined);
    const begun = producer.begin();
    await expect(producer.begin()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await (await begun).abort();
  });

  it('says that a commit came to nothing when the producer closes in between', async () => {
    const transaction = await producer.begin();
    await transaction.send(RECORDS);
    const committed = transaction.commit();
    const closed = producer.close();
    await expect(committed).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await closed;
  });

  it('closes once, whoever asks', async () => {
    const transaction = await producer.begin();
    await transaction.send(RECORDS);
    const first = producer.close();
    expect(producer.close()).toBe(first);
    await first;
  });

  it('is not ended by an EndTxn of the transaction before that arrives twice, late', async () => {
    const raw = new RawClient(broker.port);
    const lost = broker.faults.dropConnection('EndTxn');
    await producer.run((transaction) => transaction.send(RECORDS));
    await lost.hit();
    const { transactionStates } = await raw.ask(65, 0, { transactionalIds: ['tx'] });
    const { producerId, producerEpoch } = transactionStates[0]!;
    const next = await producer.begin();
    await next.send([{ topic: 'rides', key: 'a', value: 'not to be seen' }]);
    const late = await raw.ask(26, 3, { transactionalId: 'tx', producerId, producerEpoch, committed: true });
    expect(late.errorCode).toBe(ERROR.PRODUCER_FENCED);
    await next.abort();
    const values: string[] = [];
    for await (const records of client.reader().readToEnd({ topic: 'rides', partition: 0 })) {
      values.push(...records.map(({ value }) => String(value)));
    }
    expect(values).toEqual(['1']);
    raw.close();
  });

  it('commits no offsets for who is not in the group: nobody could tell that the partitions are not its own', async () => {
    const consumer = client.consumer({ groupId: 'group', topics: ['rides'] });
    const transaction = await producer.begin();
    const offsets = [{ topic: 'rides', partition: 0, offset: 5n }];
    await expect(transaction.sendOffsets(consumer.member(), offsets)).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
    });
    await expect(transaction.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await transaction.abort();
  });
});
