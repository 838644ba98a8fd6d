/** Apache Kafka's own tools against the broker. Needs Java 17; the jars come from Maven Central and are kept outside the repo. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithJava, runTool, type JavaTool } from './java-tools.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

/** A test of several JVMs, on a busy machine. */
const TIMEOUT_MS = 120_000;
let target: Target;
let directory: string;

/** What a tool says; fails with it unless the tool ends as expected. */
async function run(tool: JavaTool, args: readonly string[], options: { input?: string; code?: number } = {}) {
  // kafka-cluster and kafka-features take a command before their options.
  const [command = '', ...rest] = args;
  const server = ['--bootstrap-server', target.bootstrapServers];
  const whole =
    command.startsWith('--') || args.length === 0 ? [...server, ...args] : withCommand(tool, server, command, rest);
  const { code, output } = await runTool(tool, whole, options.input);
  if (code !== (options.code ?? 0)) throw new Error(`${tool} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

function withCommand(tool: JavaTool, server: string[], command: string, rest: string[]): string[] {
  return tool === 'kafka-cluster' ? [command, ...server, ...rest] : [...server, command, ...rest];
}

async function jsonFile(file: string, contents: object): Promise<string> {
  const path = join(directory, file);
  await writeFile(path, JSON.stringify(contents));
  return path;
}

describeWithJava(`Apache Kafka's tools on ${targetName}`, () => {
  beforeAll(async () => {
    target = await startTarget();
    directory = await mkdtemp(join(tmpdir(), 'ridestream-java-tools-'));
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await target.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it(
    'kafka-topics: creates, describes, grows, lists and deletes',
    async () => {
      const topic = unique('java-topics');
      const create = ['--create', '--topic', topic, '--partitions', '2', '--replication-factor', '1'];
      await run('kafka-topics', [...create, '--config', 'retention.ms=1000']);
      expect(await run('kafka-topics', create, { code: 1 })).toContain(`Topic '${topic}' already exists`);
      const described = await run('kafka-topics', ['--describe', '--topic', topic]);
      expect(described).toMatch(
        /TopicId: [\w-]{22}\s+PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=1000/,
      );
      expect(described).toMatch(/Partition: 1\s+Leader: 1\s+Replicas: 1\s+Isr: 1/);
      await run('kafka-topics', ['--alter', '--topic', topic, '--partitions', '4']);
      expect(await run('kafka-topics', ['--describe', '--topic', topic])).toContain('PartitionCount: 4');
      expect((await run('kafka-topics', ['--list'])).split('\n')).toContain(topic);
      expect(await run('kafka-topics', ['--describe', '--unavailable-partitions'])).not.toContain(topic);
      await run('kafka-topics', ['--delete', '--topic', topic]);
      expect((await run('kafka-topics', ['--list'])).split('\n')).not.toContain(topic);
      const twoReplicas = ['--create', '--topic', topic, '--replication-factor', '2'];
      expect(await run('kafka-topics', twoReplicas, { code: 1 })).toContain(
        'Unable to replicate the partition 2 time(s)',
      );
    },
    TIMEOUT_MS,
  );

  it(
    'kafka-configs: topics, brokers and groups',
    async () => {
      const topic = unique('java-configs');
      await run('kafka-topics', ['--create', '--topic', topic]);
      const ofTopic = ['--entity-type', 'topics', '--entity-name', topic];
      await run('kafka-configs', [
        ...ofTopic,
        '--alter',
        '--add-config',
        'retention.ms=5000,cleanup.policy=[compact,delete]',
      ]);
      const described = await run('kafka-configs', [...ofTopic, '--describe']);
      expect(described).toMatch(/cleanup\.policy=compact,delete .*DYNAMIC_TOPIC_CONFIG/);
      expect(described).toMatch(/retention\.ms=5000 .*DYNAMIC_TOPIC_CONFIG:retention\.ms=5000/);
      await run('kafka-configs', [...ofTopic, '--alter', '--delete-config', 'retention.ms']);
      expect(await run('kafka-configs', [...ofTopic, '--describe'])).not.toContain('retention.ms=5000');
      const wrong = await run('kafka-configs', [...ofTopic, '--alter', '--add-config', 'retention.ms=soon'], {
        code: 1,
      });
      expect(wrong).toContain('Invalid value soon for configuration retention.ms');
      const ofAll = ['--entity-type', 'brokers', '--entity-default'];
      await run('kafka-configs', [...ofAll, '--alter', '--add-config', 'log.retention.ms=700000000']);
      expect(await run('kafka-configs', [...ofAll, '--describe'])).toContain('log.retention.ms=700000000');
      await run('kafka-configs', [...ofAll, '--alter', '--delete-config', 'log.retention.ms']);
      const broker = ['--entity-type', 'brokers', '--entity-name', '1'];
      expect(await run('kafka-configs', [...broker, '--describe', '--all'])).toContain('num.partitions=1');
      const ofGroup = ['--entity-type', 'groups', '--entity-name', unique('java-group')];
      await run('kafka-configs', [...ofGroup, '--alter', '--add-config', 'consumer.session.timeout.ms=50000']);
      expect(await run('kafka-configs', [...ofGroup, '--describe'])).toContain('consumer.session.timeout.ms=50000');
    },
    TIMEOUT_MS,
  );

  it(
    'kafka-configs: quotas of users and clients',
    async () => {
      const client = unique('java-client');
      const both = [
        '--entity-type',
        'users',
        '--entity-name',
        'alice',
        '--entity-type',
        'clients',
        '--entity-name',
        client,
      ];
      await run('kafka-configs', [...both, '--alter', '--add-config', 'producer_byte_rate=1024,request_percentage=50']);
      const described = () => run('kafka-configs', [...both, '--describe']);
      const shown = new RegExp(`user-principal 'alice', client-id '${client}' are .*producer_byte_rate=1024\\.0`);
      // Apache Kafka's brokers hear of it a moment after its controller has answered.
      await until('the quotas', async () => shown.test(await described()));
      await run('kafka-configs', [...both, '--alter', '--delete-config', 'producer_byte_rate,request_percentage']);
      await until('none', async () => !(await described()).includes('producer_byte_rate'));
    },
    TIMEOUT_MS,
  );

  it(
    'the console clients, kafka-get-offsets, kafka-delete-records and kafka-consumer-groups',
    async () => {
      const [topic, group] = [unique('java-records'), unique('java-readers')];
      await run('kafka-topics', ['--create', '--topic', topic]);
      await run('kafka-console-producer', ['--topic', topic], { input: 'one\ntwo\nthree\n' });
      const consume = ['--topic', topic, '--from-beginning', '--max-messages', '3', '--timeout-ms', '30000'];
      expect(await run('kafka-console-consumer', [...consume, '--group', group])).toMatch(/one\ntwo\nthree/);
      expect(await run('kafka-get-offsets', ['--topic', topic])).toContain(`${topic}:0:3`);
      expect(await run('kafka-consumer-groups', ['--list'])).toContain(group);
      const ofGroup = ['--group', group];
      expect(await run('kafka-consumer-groups', ['--describe', ...ofGroup])).toMatch(
        new RegExp(`${topic}\\s+0\\s+3\\s+3\\s+0`),
      );
      expect(await run('kafka-consumer-groups', ['--describe', '--state', ...ofGroup])).toMatch(/Empty\s+0/);
      expect(await run('kafka-groups', ['--list'])).toMatch(new RegExp(`${group}\\s+Classic\\s+consumer`));
      const reset = ['--reset-offsets', ...ofGroup, '--topic', topic, '--to-offset', '1', '--execute'];
      expect(await run('kafka-consumer-groups', reset)).toMatch(new RegExp(`${topic}\\s+0\\s+1`));
      const deleteOffsets = ['--delete-offsets', ...ofGroup, '--topic', topic];
      expect(await run('kafka-consumer-groups', deleteOffsets)).toContain('Successful');
      expect(await run('kafka-consumer-groups', ['--delete', ...ofGroup])).toContain('successful');
      const partitions = [{ topic, partition: 0, offset: 2 }];
      const file = await jsonFile('delete-records.json', { partitions, version: 1 });
      expect(await run('kafka-delete-records', ['--offset-json-file', file])).toContain('low_watermark: 2');
      expect(await run('kafka-get-offsets', ['--topic', topic, '--time', 'earliest'])).toContain(`${topic}:0:2`);
    },
    TIMEOUT_MS,
  );

  it(
    'kafka-reassign-partitions, kafka-leader-election and kafka-log-dirs',
    async () => {
      const topic = unique('java-moves');
      await run('kafka-topics', ['--create', '--topic', topic]);
      const toMove = await jsonFile('to-move.json', { topics: [{ topic }], version: 1 });
      const generate = ['--generate', '--topics-to-move-json-file', toMove, '--broker-list', '1'];
      expect(await run('kafka-reassign-partitions', generate)).toContain('Proposed partition reassignment');
      const plan = (replicas: number[]) => ({ version: 1, partitions: [{ topic, partition: 0, replicas }] });
      const file = await jsonFile('plan.json', plan([1]));
      expect(await run('kafka-reassign-partitions', ['--execute', '--reassignment-json-file', file])).toContain(
        'Successfully started partition reassignment',
      );
      expect(await run('kafka-reassign-partitions', ['--verify', '--reassignment-json-file', file])).toContain(
        'is completed',
      );
      expect(await run('kafka-reassign-partitions', ['--list'])).toContain('No partition reassignments found');
      const elect = ['--election-type', 'preferred', '--topic', topic, '--partition', '0'];
      expect(await run('kafka-leader-election', elect)).toContain('Valid replica already elected');
      await run('kafka-leader-election', ['--election-type', 'preferred', '--all-topic-partitions']);
      expect(await run('kafka-log-dirs', ['--describe', '--topic-list', topic])).toContain(`"partition":"${topic}-0"`);
    },
    TIMEOUT_MS,
  );

  it(
    'kafka-features, kafka-cluster, kafka-broker-api-versions, kafka-transactions and kafka-metadata-quorum',
    async () => {
      expect(await run('kafka-features', ['describe'])).toMatch(/group\.version\s+SupportedMinVersion/);
      await run('kafka-features', ['upgrade', '--feature', 'group.version=1']);
      expect(await run('kafka-features', ['upgrade', '--feature', 'group.version=99'], { code: 1 })).toContain(
        'group.version',
      );
      expect(await run('kafka-cluster', ['cluster-id'])).toMatch(/Cluster ID: [\w-]{22}/);
      expect(await run('kafka-cluster', ['list-endpoints'])).toMatch(/1\s+127\.0\.0\.1.*unfenced\s+broker/);
      expect(await run('kafka-broker-api-versions', [])).toMatch(/Produce\(0\): 0 to 13 \[usable: 13\]/);
      expect(await run('kafka-transactions', ['list'])).toContain('TransactionalId');
      // There is no quorum of controllers to describe here: the tool is told so.
      const isApache = targetName === 'apache';
      const quorum = await run('kafka-metadata-quorum', ['describe', '--status'], { code: isApache ? 0 : 1 });
      expect(quorum).toContain(isApache ? 'LeaderId' : 'does not support DESCRIBE_QUORUM');
    },
    TIMEOUT_MS,
  );
});
