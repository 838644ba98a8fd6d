import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { COMMAND_TIMEOUT_MS, CommandLine } from '../../test/command-line.js';
import { createStreamClient } from '../client/stream-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';

let broker: TestBroker;
let commands: CommandLine;
const run = (args: readonly string[], input?: string) => commands.run(args, input);

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 1 }, config: { 'auto.create.topics.enable': 'false' } });
  commands = new CommandLine(broker.bootstrapServers);
});

afterAll(() => broker.stop());

describe('streaming-core produce and consume', () => {
  it(
    'writes lines as records and shows them, and does not mind who stops reading',
    async () => {
      const lines = Array.from({ length: 5_000 }, (_, index) => `ride-${index}:${'x'.repeat(100)}`).join('\n');
      expect((await run(['produce', 'rides', '--key-separator', ':'], lines)).code).toBe(0);
      const { out } = await run(['consume', 'rides', '--from-beginning', '--json', '--max', '2']);
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as object),
      ).toMatchObject([
        { key: 'ride-0', offset: 0 },
        { key: 'ride-1', offset: 1 },
      ]);
      const piped = commands.start('consume', 'rides', '--from-beginning');
      let err = '';
      piped.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
      await once(piped.stdout!, 'data');
      piped.stdout!.destroy();
      expect(((await once(piped, 'exit')) as [number | null])[0]).toBe(0);
      expect(err).toBe('');
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'shows a partition from an offset, from its last records, from a time, or from its beginning',
    async () => {
      // The records are of 1970: retention would take them at its next round.
      await run(['topics', 'create', 'places', '--partitions', '2', '--config', 'retention.ms=-1']);
      const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'seed' });
      const producer = await client.producer();
      const timestamps = [1_000, 2_000, 3_000, 4_000];
      await producer.send(
        timestamps.map((timestamp) => ({
          topic: 'places',
          partition: 1,
          key: null,
          value: `at ${timestamp}`,
          timestamp,
        })),
      );
      await client.close();
      const shown = async (...args: string[]) => (await run(['consume', 'places', ...args])).out.trim().split('\n');
      expect(await shown('-p', '1', '-o', '2')).toEqual(['at 3000', 'at 4000']);
      expect(await shown('-o', '-1')).toEqual(['at 4000']);
      expect(await shown('-o', 's@1001', '-c', '2')).toEqual(['at 2000', 'at 3000']);
      expect(await shown('-o', '1970-01-01T00:00:04Z')).toEqual(['at 4000']);
      expect(await shown('-o', '2100-01-01')).toEqual(['']);
      expect(await shown('-o', 'beginning', '-p', '0')).toEqual(['']);
      expect(await shown('-o', 'beginning')).toHaveLength(4);
      const late = await run(['consume', 'places', '-p', '1', '-o', '5']);
      expect(late).toMatchObject({ code: 1, err: 'streaming-core: places-1 ends at offset 4\n' });
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'reads as a member of a group, and the next goes on after what was shown',
    async () => {
      await run(['topics', 'create', 'shared']);
      await run(['produce', 'shared'], 'a\nb\nc\n');
      const first = await run(['consume', 'shared', '-g', 'readers', '--from-beginning', '-c', '2']);
      expect(first).toMatchObject({ code: 0, out: 'a\nb\n' });
      expect(await broker.committed('readers')).toEqual({ shared: { 0: 2 } });
      expect((await run(['consume', 'shared', '-g', 'readers', '-c', '1'])).out).toBe('c\n');
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'writes headers, keys, partitions and tombstones',
    async () => {
      await run(['topics', 'create', 'headed', '--partitions', '2']);
      const args = ['-p', '1', '-k', 'all', '-K', ':', '-H', 'source=cli', '-H', 'sum=1=1', '--null-marker', 'NULL'];
      expect((await run(['produce', 'headed', ...args], 'one\nown:two\ngone:NULL\n')).code).toBe(0);
      const { out } = await run(['consume', 'headed', '-p', '1', '--from-beginning', '--json']);
      const headers = { source: 'cli', sum: '1=1' };
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as object),
      ).toMatchObject([
        { partition: 1, offset: 0, key: 'all', value: 'one', headers },
        { offset: 1, key: 'own', value: 'two', headers },
        { offset: 2, key: 'gone', value: null, headers },
      ]);
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'writes a line although no other follows it, and ends when one is refused although its input goes on',
    async () => {
      expect((await run(['topics', 'create', 'typed', '--config', 'cleanup.policy=compact'])).code).toBe(0);
      const writing = commands.start('produce', 'typed', '--key-separator', ':');
      let err = '';
      writing.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
      const ended = once(writing, 'exit') as Promise<[number | null]>;
      writing.stdin!.write('a:1\n');
      await broker.waitFor({ topic: 'typed', records: 1 });
      writing.stdin!.write('without a key\n');
      expect((await ended)[0]).toBe(1);
      expect(err).toContain('INVALID_RECORD (87), a record for a compacted topic has no key');
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'ends with code 0 on Ctrl-C while it follows a topic',
    async () => {
      const following = commands.start('consume', 'rides', '--from-beginning', '--follow');
      await once(following.stdout!, 'data');
      following.stdout!.resume();
      following.kill('SIGINT');
      expect(((await once(following, 'exit')) as [number | null])[0]).toBe(0);
    },
    COMMAND_TIMEOUT_MS,
  );
});
