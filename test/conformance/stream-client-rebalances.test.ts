import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PartitionBatch, StreamClient } from 'streaming-core/client/types';
import { idOf, newClient, newTopic, readAll, target, text, useTarget } from './stream-client.ts';
import { targetName, unique, until } from './target.ts';

useTarget();

interface Member {
  readonly consumer: ReturnType<StreamClient['consumer']>;
  readonly owned: Set<string>;
  readonly revoked: string[];
}

/** A member that checks that nothing comes from a partition it does not own. */
async function joinGroup(groupId: string, topics: string[], onBatch: (batch: PartitionBatch) => void): Promise<Member> {
  const client = newClient();
  const member: Member = { consumer: client.consumer({ groupId, topics }), owned: new Set(), revoked: [] };
  await member.consumer.start({
    onBatch: (batch) => {
      if (!member.owned.has(idOf(batch))) throw new Error(`${idOf(batch)} is not assigned`);
      onBatch(batch);
      return Promise.resolve();
    },
    onPartitionsAssigned: (partitions) => {
      for (const partition of partitions) member.owned.add(idOf(partition));
      return Promise.resolve(undefined);
    },
    onPartitionsRevoked: (partitions) => {
      for (const partition of partitions) {
        member.owned.delete(idOf(partition));
        member.revoked.push(idOf(partition));
      }
      return Promise.resolve();
    },
  });
  return member;
}

describe(`rebalances on ${targetName}`, () => {
  it('splits co-partitioned topics, moves as little as it can, loses and doubles nothing', async () => {
    const client = newClient();
    const [one, two] = [await newTopic(client, 6), await newTopic(client, 6)];
    const groupId = unique('group');
    const producer = await client.producer();
    const seen = new Map<string, number>();
    const note = (batch: PartitionBatch): void => {
      for (const record of batch.records) seen.set(text(record)!, (seen.get(text(record)!) ?? 0) + 1);
    };
    let sent = 0;
    const done = new AbortController();
    const load = (async () => {
      while (!done.signal.aborted) {
        const records = [one, two].map((topic) => ({
          topic,
          partition: sent % 6,
          key: null,
          value: `${topic}:${sent}`,
        }));
        await producer.send(records);
        sent++;
      }
    })();
    const first = await joinGroup(groupId, [one, two], note);
    await until('the first member has all', () => first.owned.size === 12);
    const second = await joinGroup(groupId, [one, two], note);
    await until('both have six', () => first.owned.size === 6 && second.owned.size === 6);
    for (const member of [first, second]) {
      const numbers = (topic: string): string[] =>
        [...member.owned]
          .filter((id) => id.startsWith(topic))
          .map((id) => id.slice(topic.length))
          .sort();
      expect(numbers(one)).toHaveLength(3);
      expect(numbers(one)).toEqual(numbers(two));
    }
    expect(first.revoked).toHaveLength(6); // what stays is not taken away
    await second.consumer.close();
    await until('the first member has all again', () => first.owned.size === 12);
    done.abort();
    await load;
    await until('all records are seen', () => seen.size === sent * 2);
    const doubled = [...seen].filter(([, count]) => count > 1);
    expect(doubled).toEqual([]);
    expect(sent).toBeGreaterThan(0);
  }, 60_000);

  it('gives the partitions of a member that was killed to the others, with what it had not committed', async () => {
    const client = newClient();
    const topic = await newTopic(client, 4);
    const groupId = unique('group');
    const script = fileURLToPath(new URL('group-member.ts', import.meta.url));
    const member = spawn(process.execPath, [script, target().bootstrapServers, groupId, topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface(member.stdout).on('line', (line) => lines.push(line));
    try {
      await until('the child has all', () => lines.includes('assigned 4'));
      const producer = await client.producer();
      await producer.send([0, 1, 2, 3].map((partition) => ({ topic, partition, key: null, value: `${partition}` })));
      await until('the child is at work', () => lines.filter((line) => line.startsWith('batch')).length === 4);
      member.kill('SIGKILL');
      const seen: string[] = [];
      const second = await joinGroup(groupId, [topic], (batch) => {
        seen.push(...batch.records.map((record) => text(record)!));
      });
      await until('the other has all', () => second.owned.size === 4, 40_000);
      await until('what the child had not committed', () => seen.length === 4);
      expect(seen.sort()).toEqual(['0', '1', '2', '3']);
    } finally {
      member.kill('SIGKILL');
    }
  }, 90_000);

  it('notices that a topic appears later', async () => {
    const client = newClient();
    const topic = unique('late');
    const seen: string[] = [];
    await joinGroup(unique('group'), [topic], (batch) => {
      seen.push(...batch.records.map((record) => text(record)!));
    });
    await client.admin().ensureTopics([{ name: topic, partitions: 1 }]);
    const producer = await client.producer();
    await producer.send([{ topic, key: null, value: 'x' }]);
    await until('the record', () => seen.length === 1);
  }, 60_000);
});

describe(`a broker that is killed and comes back, on ${targetName}`, () => {
  it('loses, doubles and reorders nothing that was acknowledged', async () => {
    const client = newClient();
    const topic = await newTopic(client, 3);
    const producer = await client.producer();
    const seen: number[][] = [[], [], []];
    await joinGroup(unique('group'), [topic], (batch) => {
      for (const record of batch.records) seen[batch.partition]!.push(Number(text(record)));
    });
    const acknowledged: number[] = [0, 0, 0];
    let producing = true;
    const writers = [0, 1, 2].map(async (partition) => {
      for (let i = 0; producing; i++) {
        await producer.send([{ topic, partition, key: null, value: `${i}` }]);
        acknowledged[partition]!++;
      }
    });
    await until('some records', () => acknowledged.every((count) => count > 20));
    const before = [...acknowledged];
    await target().restart();
    await until('records after the restart', () => acknowledged.every((count, i) => count > before[i]! + 20), 60_000);
    producing = false;
    await Promise.all(writers);
    for (let partition = 0; partition < 3; partition++) {
      const stored = (await readAll(client, topic, partition)).map((record) => Number(text(record)));
      expect(stored).toEqual(Array.from({ length: acknowledged[partition]! }, (_, i) => i));
    }
    await until(
      'the group has handled all',
      () => seen.every((values, i) => new Set(values).size === acknowledged[i]),
      60_000,
    );
  }, 180_000);
});
