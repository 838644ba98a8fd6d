/** Apache Kafka's Java producer and consumer (see java/Clients.java). Needs a JDK of version 17 or newer. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Admin } from '@platformatic/kafka';
import { platformaticOptions, topicByPlatformatic } from './clients.ts';
import { describeWithJava, runClients } from './java-tools.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, type Target } from './target.ts';

const TIMEOUT_MS = 120_000;
const FIRST_TIMESTAMP = 1_700_000_000_000;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

describeWithJava(`Java's clients on ${targetName}`, () => {
  let target: Target;
  let admin: Admin;

  beforeAll(async () => {
    target = await startTarget();
    admin = new Admin(platformaticOptions(target, 'java'));
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await admin.close();
    await target.stop();
  }, 30_000);

  const newTopic = (partitions: number, configs: { name: string; value: string }[] = []): Promise<string> =>
    topicByPlatformatic(admin, 'java', partitions, configs);
  const run = (scenario: string, topic: string, ...args: string[]): Promise<string[]> =>
    runClients(scenario, target.bootstrapServers, topic, ...args);
  /** What Clients.java says of the records that it wrote. */
  const records = (codecs: readonly string[], size: number): string[] =>
    codecs.flatMap((codec, round) =>
      Array.from({ length: 10 }, (_, index) => {
        const value = index === 9 ? 'null||0' : `${codec}|${index}|${size}`;
        return `${round * 10 + index}|${FIRST_TIMESTAMP + index}|${codec}|${value}|type=${codec},none=null`;
      }),
    );

  it(
    'read what they wrote, in every compression: keys, values, nulls, headers, timestamps, offsets',
    async () => {
      const topic = await newTopic(1);
      await run('write', topic, CODECS.join(','), '100');
      expect(await run('read', topic, '50')).toEqual(records(CODECS, 100));
    },
    TIMEOUT_MS,
  );

  it(
    'write and read records of three megabytes where a topic takes them',
    async () => {
      const topic = await newTopic(1, [{ name: 'max.message.bytes', value: '4000000' }]);
      await run('write', topic, 'none', '3000000');
      expect(await run('read', topic, '10')).toEqual(records(['none'], 3_000_000));
    },
    TIMEOUT_MS,
  );

  it(
    'find places by time and by number, commit them, and are told where there is nothing',
    async () => {
      const topic = await newTopic(1);
      await run('write', topic, 'none', '1');
      expect(await run('seek', topic, unique('group'))).toEqual([
        'beginning 0',
        'end 10',
        `time 0 (timestamp=${FIRST_TIMESTAMP}, leaderEpoch=0, offset=0)`,
        `time 4 (timestamp=${FIRST_TIMESTAMP + 4}, leaderEpoch=0, offset=4)`,
        `time 9 (timestamp=${FIRST_TIMESTAMP + 9}, leaderEpoch=0, offset=9)`,
        'time 10 null',
        'at 7 7',
        'position at the end 10',
        'committed 3 note',
        'at 99 OffsetOutOfRangeException',
      ]);
    },
    TIMEOUT_MS,
  );

  it(
    'are told what cannot be written, and go on',
    async () => {
      expect(await run('refusals', await newTopic(1))).toEqual([
        'too large RecordTooLargeException',
        'not there TimeoutException',
        'no name InvalidTopicException',
        'afterwards fine',
      ]);
    },
    TIMEOUT_MS,
  );

  it(
    'rebalance cooperatively: what stays with a member is never taken away',
    async () => {
      expect(await run('cooperative', await newTopic(4), unique('group'))).toEqual(['gave up 2 kept 2']);
    },
    TIMEOUT_MS,
  );

  it.each(['classic', 'consumer'])(
    'come back as static members of a %s group to what they had, unnoticed',
    async (protocol) => {
      const topic = await newTopic(4);
      expect(await run('static', topic, unique('group'), protocol)).toEqual(['same true others gave up 0']);
    },
    TIMEOUT_MS,
  );
});
