/** Java's consumers in groups of both protocols, and Apache Kafka's tools on those groups. Needs Java 17. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { platformaticOptions, topicByPlatformatic } from './clients.ts';
import { describeWithJava, runTool } from './java-tools.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

/** A test of several JVMs, on a busy machine. */
const TIMEOUT_MS = 180_000;
const VALUES = ['a', 'b', 'c', 'd', 'e', 'f'];
let target: Target;
let admin: Admin;
let producer: Producer<string, string, string, string>;

const base = () => platformaticOptions(target, 'java-groups');

async function newTopic(): Promise<string> {
  const topic = await topicByPlatformatic(admin, 'java-groups', 2);
  await producer.send({ messages: VALUES.map((value, index) => ({ topic, key: value, value, partition: index % 2 })) });
  return topic;
}

async function groups(...args: string[]): Promise<string> {
  const { output } = await runTool('kafka-consumer-groups', ['--bootstrap-server', target.bootstrapServers, ...args]);
  return output;
}

/** Reads with the console consumer until it has `count` records; gives them sorted. */
async function readAll(topic: string, groupId: string, protocol: string, count: number): Promise<string[]> {
  const { output } = await runTool('kafka-console-consumer', [
    ...['--bootstrap-server', target.bootstrapServers, '--topic', topic, '--group', groupId],
    ...['--max-messages', String(count), '--timeout-ms', '30000'],
    ...['--consumer-property', `group.protocol=${protocol}`, '--consumer-property', 'auto.offset.reset=earliest'],
  ]);
  return output
    .split('\n')
    .filter((line) => VALUES.includes(line))
    .sort();
}

describeWithJava(`Java's consumers on ${targetName}`, () => {
  beforeAll(async () => {
    target = await startTarget();
    admin = new Admin(base());
    producer = new Producer({ ...base(), serializers: stringSerializers, idempotent: true });
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await producer.close();
    await admin.close();
    await target.stop();
  }, 30_000);

  it.each(['classic', 'consumer'])(
    'a %s group is read, listed, described, reset, and deleted',
    async (protocol) => {
      const topic = await newTopic();
      const groupId = unique('group');
      expect(await readAll(topic, groupId, protocol, 6)).toEqual(VALUES);
      const listed = await groups('--list', '--type');
      expect(listed).toMatch(new RegExp(`${groupId}\\s+${protocol}`, 'i'));
      expect(await groups('--describe', '--group', groupId, '--state')).toMatch(/Empty\s+0/);
      const offsets = await groups('--describe', '--group', groupId);
      expect(offsets).toMatch(new RegExp(`${topic}\\s+0\\s+3\\s+3\\s+0`));
      expect(offsets).toMatch(new RegExp(`${topic}\\s+1\\s+3\\s+3\\s+0`));
      const reset = await groups('--reset-offsets', '--group', groupId, '--topic', topic, '--to-earliest', '--execute');
      expect(reset).toMatch(new RegExp(`${groupId}\\s+${topic}\\s+0\\s+0`));
      expect(await readAll(topic, groupId, protocol, 6)).toEqual(VALUES);
      const deletedOffsets = await groups('--delete-offsets', '--group', groupId, '--topic', topic);
      expect(deletedOffsets).toMatch(/Request succeed/);
      expect(await groups('--delete', '--group', groupId)).toMatch(/successful/);
      expect(await groups('--list')).not.toContain(groupId);
    },
    TIMEOUT_MS,
  );

  it(
    'a consumer group at work is described with its members, and not reset or deleted',
    async () => {
      const topic = await newTopic();
      const groupId = unique('group');
      const consumer = new Consumer({
        ...base(),
        groupId,
        groupProtocol: 'consumer',
        deserializers: stringDeserializers,
      });
      try {
        const values: string[] = [];
        const stream = await consumer.consume({
          topics: [topic],
          mode: MessagesStreamModes.EARLIEST,
          autocommit: true,
          maxWaitTime: 500,
        });
        stream.on('data', ({ value }) => values.push(value));
        await until('all records', () => values.length === VALUES.length);
        const members = await groups('--describe', '--group', groupId, '--members', '--verbose');
        expect(members).toMatch(new RegExp(`${groupId}.*java-groups\\s+2`));
        expect(members).toContain(`${topic}:0,1`);
        expect(await groups('--describe', '--group', groupId, '--state')).toMatch(/uniform\s+Stable/);
        const reset = ['--reset-offsets', '--group', groupId, '--topic', topic, '--to-earliest', '--execute'];
        expect(await groups(...reset)).toMatch(/can only be reset if the group .* is inactive/);
        expect(await groups('--delete-offsets', '--group', groupId, '--topic', topic)).toMatch(
          /GroupSubscribedToTopic/i,
        );
        expect(await groups('--delete', '--group', groupId)).toMatch(/GroupNotEmpty|not empty/i);
      } finally {
        await consumer.close(true);
      }
    },
    TIMEOUT_MS,
  );
});
