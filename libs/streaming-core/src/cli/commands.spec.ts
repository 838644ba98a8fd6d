import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BIN, COMMAND_TIMEOUT_MS, CommandLine } from '../../test/command-line.js';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';

let broker: TestBroker;
let commands: CommandLine;
const run = (args: readonly string[], input?: string) => commands.run(args, input);

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 1 }, config: { 'auto.create.topics.enable': 'false' } });
  await broker.produce('rides', ['a', 'b', 'c', 'd', 'e']);
  commands = new CommandLine(broker.bootstrapServers);
});

afterAll(() => broker.stop());

describe('streaming-core', () => {
  it(
    'creates, lists, describes and deletes a topic',
    async () => {
      expect((await run(['topics', 'create', 'made', '--partitions', '2'])).code).toBe(0);
      expect((await run(['topics', 'list'])).out.split('\n')).toContain('made');
      expect((await run(['topics', 'describe', 'made'])).out).toMatch(/PARTITION +LEADER[^]*retention\.ms/);
      expect((await run(['topics', 'delete', 'made'])).code).toBe(0);
      expect((await run(['topics', 'list'])).out.split('\n')).not.toContain('made');
      const missing = await run(['topics', 'describe', 'made']);
      expect(missing.code).toBe(1);
      expect(missing.err).toMatch(/^streaming-core: /);
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'says that a group does not exist, and describes one that does for people and for programs',
    async () => {
      const missing = await run(['groups', 'describe', 'nobody']);
      expect(missing).toMatchObject({ code: 1, err: 'streaming-core: there is no group nobody\n' });
      const client = new RawClient(broker.port);
      const partitions = [{ partitionIndex: 0, committedOffset: 3n, committedMetadata: '' }];
      await client.ask(8, 2, { groupId: 'riders', topics: [{ name: 'rides', partitions }] });
      client.close();
      expect((await run(['groups', 'describe', 'riders'])).out).toMatch(/rides +0 +3 /);
      const { out } = await run(['groups', 'describe', 'riders', '--json']);
      expect(JSON.parse(out)).toMatchObject({
        groupId: 'riders',
        offsets: [{ topic: 'rides', partition: 0, committed: 3 }],
      });
      expect(JSON.parse((await run(['groups', 'list', '--json'])).out)).toMatchObject({ id: 'riders' });
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'alters topics, configs and quotas, and shows them to programs',
    async () => {
      const rows = async (...args: string[]): Promise<unknown[]> => {
        const { out } = await run([...args, '--json']);
        return out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown);
      };
      const done = async (...args: string[]): Promise<void> =>
        expect(await run(args)).toMatchObject({ code: 0, err: '' });
      await done('topics', 'create', 'zones', '--partitions', '2');
      await done('topics', 'alter', 'zones', '--partitions', '3', '--config', 'retention.ms=5');
      await done('configs', 'set', 'topic', 'zones', 'max.message.bytes=9999', 'cleanup.policy=compact');
      await done('configs', 'unset', 'topic', 'zones', 'retention.ms');
      expect(await rows('topics', 'describe', 'zones')).toMatchObject([
        { partitions: [{}, {}, {}], configs: { 'max.message.bytes': '9999', 'cleanup.policy': 'compact' } },
      ]);
      await done('configs', 'set', 'broker', 'default', 'num.partitions=2');
      expect(await rows('configs', 'describe', 'broker', 'default')).toMatchObject([
        { config: 'num.partitions', value: '2' },
      ]);
      await done('quotas', 'set', '--user', 'alice', '--client-id', 'app', 'producer_byte_rate=1048576');
      expect(await rows('quotas', 'list')).toEqual([
        { user: 'alice', clientId: 'app', ip: null, quota: 'producer_byte_rate', value: 1_048_576 },
      ]);
      await done('quotas', 'unset', '--user', 'alice', '--client-id', 'app', 'producer_byte_rate');
      const refused = await run(['configs', 'set', 'topic', 'zones', 'retention.ms=soon']);
      expect(refused).toMatchObject({ code: 1, out: '' });
      expect(refused.err).toContain('Invalid value soon for configuration retention.ms: Not a number of type LONG');
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'moves and deletes what a group committed',
    async () => {
      const client = new RawClient(broker.port);
      const partitions = [{ partitionIndex: 0, committedOffset: 3n, committedMetadata: '' }];
      await client.ask(8, 2, { groupId: 'movers', topics: [{ name: 'rides', partitions }] });
      const committed = async () => {
        const { topics } = await client.ask(9, 1, {
          groupId: 'movers',
          topics: [{ name: 'rides', partitionIndexes: [0] }],
        });
        return topics[0]!.partitions[0]!.committedOffset;
      };
      const { out } = await run(['groups', 'reset-offsets', 'movers', '--to', '+2', '--dry-run', '--json']);
      expect(JSON.parse(out)).toEqual({ topic: 'rides', partition: 0, committed: 3, offset: 5 });
      expect(await committed()).toBe(3n);
      expect((await run(['groups', 'reset-offsets', 'movers', '--to', 'earliest'])).code).toBe(0);
      expect(await committed()).toBe(0n);
      expect((await run(['groups', 'delete', 'movers'])).code).toBe(0);
      expect(await committed()).toBe(-1n);
      client.close();
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'ends with a code that says what was wrong',
    async () => {
      expect((await run(['topics', 'create'])).code).toBe(2);
      expect((await run(['groups', 'reset-offsets', 'g', '--to', 'somewhere'])).code).toBe(2);
      expect((await run(['topics', 'delete', 'nobody'])).code).toBe(1);
      const { code, err } = await run(['topics', 'list', '-b', '127.0.0.1:1']);
      expect(code).toBe(3);
      expect(err).toMatch(/^streaming-core: no broker answers/);
      for (const args of [
        ['topics', 'list', '-b', 'localhost:many'],
        ['users', 'list', '-b', ''],
        ['topics', 'alter', 'rides'],
        ['acls', 'add', '--topic', 'rides', '--principal', 'User:a', '--operation', 'any'],
        ['consume', 'rides', '-o', 'somewhere'],
        ['consume', 'rides', '-o', '3'],
        ['consume', 'rides', '-o', 'end', '--from-beginning'],
        ['consume', 'rides', '-g', 'g', '-p', '0'],
        ['consume', 'rides', '-g', 'g', '-o', 'end'],
        ['produce', 'rides', '-H', 'nothing'],
        ['produce', 'rides', '-H', 'a=1', '-H', 'a=2'],
        ['quotas', 'set', 'producer_byte_rate=1'],
        ['quotas', 'set', '--client-id', 'producer_byte_rate=1'],
      ]) {
        expect(await run(args)).toMatchObject({ code: 2, out: '' });
      }
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'says what is missing, and where',
    async () => {
      const error = async (...args: string[]): Promise<string> => {
        const { code, err } = await run(args, 'a line\n');
        expect(code).toBe(1);
        return err;
      };
      expect(await error('produce', 'nowhere')).toContain('there is no topic nowhere');
      expect(await error('produce', 'rides', '--partition', '9')).toContain('rides has no partition 9');
      expect(await error('groups', 'delete', 'nobody')).toContain('nobody: GROUP_ID_NOT_FOUND');
      expect(await error('configs', 'describe', 'broker', '7')).toContain('Broker with id 7');
      expect(await error('dump', import.meta.dirname)).toContain('is a directory');
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'does not load a client library for what asks no broker',
    async () => {
      const guard =
        'import { registerHooks } from "node:module";' +
        'registerHooks({ resolve(name, context, next) {' +
        ' if (name === "@platformatic/kafka") throw new Error("loads a client library"); return next(name, context); } });';
      const runGuarded = async (...args: string[]): Promise<string> => {
        const preload = `data:text/javascript,${encodeURIComponent(guard)}`;
        const child = spawn(process.execPath, ['--import', preload, BIN, ...args], { stdio: 'pipe' });
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
        await once(child, 'close');
        return said;
      };
      expect(await runGuarded('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect(await runGuarded('dump', '/nowhere')).toBe('streaming-core: there is no file /nowhere\n');
      expect(await runGuarded('serve', '--config', 'foo=1')).toContain('foo: no such setting');
      expect(await runGuarded('topics', 'list')).toContain('loads a client library');
    },
    COMMAND_TIMEOUT_MS,
  );

  it(
    'describes every command and option in its help',
    async () => {
      for (const args of [
        [],
        ['serve'],
        ['topics'],
        ['groups'],
        ['configs'],
        ['quotas'],
        ['users'],
        ['acls'],
        ['produce'],
        ['consume'],
        ['dump'],
      ]) {
        const { code, out } = await run([...args, '--help']);
        expect(code).toBe(0);
        // A command without a description is a line that ends after its arguments.
        expect(out).not.toMatch(/^ {2}\w+ (\[options\] )?(<\w+> ?)?$/m);
      }
    },
    COMMAND_TIMEOUT_MS,
  );
});
