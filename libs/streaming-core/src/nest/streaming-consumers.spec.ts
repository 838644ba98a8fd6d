import { expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { StreamClient, StreamProducer } from '../client/types.js';
import type { ConsumerDefinition } from './consumer-definition.js';
import type { ConsumerExplorer } from './consumer-explorer.js';
import { StreamingConsumers } from './streaming-consumers.js';
import { untraced } from './tracing.js';

it('lets every consumer leave and closes the client although one of them fails', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  const closed: string[] = [];
  const client = {
    admin: () => ({ close: () => Promise.resolve() }),
    consumer: ({ groupId }: { groupId: string }) => ({
      start: () => Promise.resolve(),
      close: () => (groupId === 'bad' ? Promise.reject(new Error('stuck')) : Promise.resolve(closed.push(groupId))),
    }),
    close: () => Promise.resolve(closed.push('client')),
  } as unknown as StreamClient;
  const definitions = ['bad', 'good'].map((groupId): ConsumerDefinition => ({
    name: groupId,
    options: { groupId },
    handlers: new Map(),
  }));
  const consumers = new StreamingConsumers({
    connection: undefined,
    client,
    producer: {} as StreamProducer,
    metrics: {},
    tracing: untraced,
    explorer: { consumers: () => definitions } as unknown as ConsumerExplorer,
    settings: {},
  });
  await consumers.onApplicationBootstrap();
  await consumers.beforeApplicationShutdown();
  await consumers.onApplicationShutdown();
  expect(closed).toEqual(['good', 'client']);
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ error: 'Error: stuck' }));
  warn.mockRestore();
});
