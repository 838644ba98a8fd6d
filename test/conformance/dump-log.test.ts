/** The files of a log, read by Apache Kafka's own dump tool. Needs Java 17; see java-tools.ts. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTopicConfigs } from 'streaming-core/log/log-config';
import { NodeClock } from 'streaming-core/ports/node/node-clock';
import { NodeProcess } from 'streaming-core/ports/node/node-process';
import { NodeRandom } from 'streaming-core/ports/node/node-random';
import { NodeStorage } from 'streaming-core/ports/node/node-storage';
import { LogDirectory } from 'streaming-core/replica/log-directory';
import { encodeBatch } from 'streaming-core/wire/records/record-codec';
import { javaTools, runTool } from './java-tools.ts';
import { targetName } from './target.ts';

const here = await javaTools();
if (!here.ok) console.warn(`The files of a log are not read by Apache Kafka's dump tool: ${here.reason}.`);
const suite = here.ok && targetName === 'streaming-core' ? describe : describe.skip;
const TIMEOUT_MS = 120_000;
const RECORDS = 60;

suite("Apache Kafka's dump tool", () => {
  let root: string;
  let files: string[];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'dump-log-'));
    const directory = new LogDirectory({
      directory: root,
      nodeId: 1,
      storage: new NodeStorage(),
      clock: new NodeClock(),
      random: new NodeRandom(),
      process: new NodeProcess(),
    });
    const config = parseTopicConfigs({
      'cleanup.policy': 'compact',
      'segment.bytes': '2048',
      'min.cleanable.dirty.ratio': '0',
      'index.interval.bytes': '200',
    });
    const partition = directory.open('state', 0, config);
    for (let i = 0; i < RECORDS; i++) {
      const value = i % 7 === 0 ? null : Buffer.alloc(80, 97);
      const records = [{ timestamp: BigInt(Date.now()), key: Buffer.from(`k${i % 5}`), value }];
      await partition.append(encodeBatch({ producerId: 7n, producerEpoch: 0, baseSequence: i, records }), -1);
    }
    await partition.maintain(Date.now());
    await directory.close();
    files = await readdir(join(root, 'state-0'));
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  const dump = async (...names: string[]): Promise<string> => {
    const paths = names.map((name) => join(root, 'state-0', name)).join(',');
    const { code, output } = await runTool('kafka-dump-log', ['--files', paths, '--deep-iteration']);
    if (code !== 0) throw new Error(output);
    return output;
  };

  it(
    'reads segments, compacted and not, indexes and producer snapshots',
    async () => {
      const logs = files.filter((name) => name.endsWith('.log')).sort();
      const active = logs.at(-1)!.replace('.log', '');
      const snapshot = files.filter((name) => name.endsWith('.snapshot')).sort();
      const output = await dump(...logs, `${active}.index`, `${active}.timeindex`, snapshot.at(-1)!);
      // Each record that compaction left, with a good checksum; the tombstone with the time until which it stays.
      expect(output).toContain(`| offset: ${RECORDS - 1} `);
      expect(output).not.toMatch(/isvalid: false|mismatch/i);
      expect(output).toMatch(/deleteHorizonMs: OptionalLong\[\d+\]/);
      expect(output).toMatch(/Dumping .*\.timeindex\n+timestamp: \d+ offset: \d+/);
      expect(output).toMatch(
        new RegExp(`producerId: 7 producerEpoch: 0 .*lastSequence: ${RECORDS - 1} lastOffset: ${RECORDS - 1}`),
      );
    },
    TIMEOUT_MS,
  );
});
