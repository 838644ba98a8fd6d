import { describe, expect, it } from '@jest/globals';
import { batchOf, LogFixture } from './fixtures/log-fixture.js';
import { parseTopicConfigs } from './log-config.js';
import { TOPIC_CONFIGS, topicConfigProblem } from './topic-configs.js';

describe('topic configs', () => {
  it('have defaults that they accept, and read as the log takes them', () => {
    expect(TOPIC_CONFIGS.filter(({ name, defaultValue }) => topicConfigProblem(name, defaultValue) !== null)).toEqual(
      [],
    );
    expect(parseTopicConfigs({})).toMatchObject({ retentionMs: 604_800_000, compact: false, deleteOldSegments: true });
    expect(parseTopicConfigs({ 'cleanup.policy': 'compact, delete' })).toMatchObject({ compact: true });
  });

  it.each([
    ['retention.ms', '9223372036854775807', null],
    ['retention.ms', '9223372036854775808', /no more than 9223372036854775807/],
    ['retention.ms', '-2', /^Invalid value -2 for configuration retention.ms: Value must be at least -1$/],
    ['retention.ms', '1e3', /Not a number of type LONG/],
    ['segment.bytes', '2147483648', /no more than 2147483647/],
    ['segment.bytes', '100', /at least 1024/],
    ['cleanup.policy', 'none', /delete, compact/],
    ['cleanup.policy', 'compact,compact', /duplicated/],
    ['compression.type', 'gzip', /Only producer is served/],
    ['compression.type', 'brotli', /one of/],
    ['compression.gzip.level', '0', /-1 or 1 to 9/],
    ['remote.storage.enable', 'true', /no tiered storage/],
    ['remote.storage.enable', 'yes', /true or false/],
    ['leader.replication.throttled.replicas', '0:1,1:1', null],
    ['leader.replication.throttled.replicas', 'x', /partition:broker/],
    ['message.format.version', '3.0', /removed in Apache Kafka 4.0/],
    ['__proto__', '1', /^Unknown topic config name: __proto__$/],
  ])('%s=%s', (name, value, problem) => {
    if (problem === null) expect(topicConfigProblem(name, value)).toBeNull();
    else expect(topicConfigProblem(name, value)).toMatch(problem);
  });

  it('hold for an open log from the next batch on, the density of its index too', async () => {
    const fixture = new LogFixture(undefined, {
      configs: { 'segment.bytes': '100000', 'index.interval.bytes': '100000' },
    });
    const log = fixture.open();
    const append = () => Array.from({ length: 20 }, () => log.append(batchOf(['a value']), 0));
    append();
    log.setConfig(parseTopicConfigs({ 'segment.bytes': '100000', 'index.interval.bytes': '0' }));
    append();
    await log.close();
    const entryBytes = 8;
    const index = fixture.storage.readFile(fixture.file('00000000000000000000.index'))!;
    expect(index.length).toBe(20 * entryBytes);
  });
});
