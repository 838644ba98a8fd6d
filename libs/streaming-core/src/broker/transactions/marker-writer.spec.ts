import { expect, it } from '@jest/globals';
import { ManualClock } from '../../ports/memory/manual-clock.js';
import type { GroupService } from '../group-service.js';
import { SILENT } from '../logger.js';
import type { TopicCatalog } from '../topic-catalog.js';
import { MarkerWriter } from './marker-writer.js';

it('says once that it waits for a partition that is offline', async () => {
  const clock = new ManualClock();
  const logged: object[] = [];
  const topics = { get: () => ({ partitions: [null] }) } as unknown as TopicCatalog;
  const logger = { ...SILENT, error: (details: object) => void logged.push(details) };
  const markers = new MarkerWriter({ topics, groups: {} as GroupService, clock, logger });
  const partitions = [{ topic: 'rides', partition: 0 }];
  let isDone = false;
  void markers
    .write({ transactionalId: 'tx', producerId: 1n, producerEpoch: 0, isCommit: true, coordinatorEpoch: 0, partitions })
    .then(() => (isDone = true));
  for (let attempt = 0; attempt < 5; attempt++) {
    await new Promise(setImmediate);
    clock.advance(200);
  }
  expect(isDone).toBe(false);
  expect(logged).toEqual([expect.objectContaining({ topic: 'rides', partition: 0, transactionalId: 'tx' })]);
  markers.stop();
});
