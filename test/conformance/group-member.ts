/** A group member in a process of its own, to be killed: it takes batches and never finishes them. Needs a build. */
import { createStreamClient } from 'streaming-core/client/stream-client';

const [brokers, groupId, topic] = process.argv.slice(2);
const client = createStreamClient({ brokers: brokers!, clientId: 'member' });
const consumer = client.consumer({ groupId: groupId!, topics: [topic!], sessionTimeoutMs: 6_000 });
await consumer.start({
  onBatch: (batch) => {
    console.log(`batch of ${batch.partition}`);
    return new Promise<void>(() => undefined);
  },
});
console.log(`assigned ${consumer.assignment().length}`);
