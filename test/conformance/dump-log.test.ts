/** The files of a log, and of the coordinators, read by Apache Kafka's own dump tool. Needs Java 17; see java-tools.ts. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { Broker } from 'streaming-core/broker/broker';
import { parseTopicConfigs } from 'streaming-core/log/log-config';
import { NodeClock } from 'streaming-core/ports/node/node-clock';
import { NodeNetwork } from 'streaming-core/ports/node/node-network';
import { NodeProcess } from 'streaming-core/ports/node/node-process';
import { NodeRandom } from 'streaming-core/ports/node/node-random';
import { NodeStorage } from 'streaming-core/ports/node/node-storage';
import { LogDirectory } from 'streaming-core/replica/log-directory';
import { encodeBatch } from 'streaming-core/wire/records/record-codec';
import { describeWithJava, runTool } from './java-tools.ts';
import { skipped } from './skipped.ts';
import { targetName } from './target.ts';

const NAME = "Apache Kafka's dump tool";
const run = targetName === 'streaming-core' ? describeWithJava : skipped(NAME, 'it reads our own files');
const TIMEOUT_MS = 120_000;
const RECORDS = 60;

run(NAME, () => {
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

  const dump = async (paths: readonly string[], ...options: readonly string[]): Promise<string> => {
    const { code, output } = await runTool('kafka-dump-log', ['--files', paths.join(','), ...options]);
    if (code !== 0) throw new Error(output);
    return output;
  };

  it(
    'reads segments, compacted and not, indexes and producer snapshots',
    async () => {
      const logs = files.filter((name) => name.endsWith('.log')).sort();
      const active = logs.at(-1)!.replace('.log', '');
      const snapshot = files.filter((name) => name.endsWith('.snapshot')).sort();
      const names = [...logs, `${active}.index`, `${active}.timeindex`, snapshot.at(-1)!];
      const paths = names.map((name) => join(root, 'state-0', name));
      const output = await dump(paths, '--deep-iteration');
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

  it(
    'reads markers, the transaction index and the transaction log',
    async () => {
      const dataDirectory = join(root, 'broker');
      const [clock, random, storage] = [new NodeClock(), new NodeRandom(), new NodeStorage()];
      const ports = { clock, random, storage, network: new NodeNetwork(), process: new NodeProcess() };
      const broker = await Broker.start({ dataDirectory, port: 0, ports });
      broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
      const own = new Kafka({ brokers: [`127.0.0.1:${broker.port}`], logLevel: logLevel.NOTHING });
      const producer = own.producer({ transactionalId: 'dumped', idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      // The last one begins only when those before are complete.
      for (const isCommit of [false, true, false]) {
        const transaction = await producer.transaction();
        await transaction.send({ topic: 'rides', messages: [{ value: 'a' }, { value: 'b' }] });
        await (isCommit ? transaction.commit() : transaction.abort());
      }
      await producer.disconnect();
      await broker.stop();
      const dumpAll = async (name: string, suffix: string, ...options: string[]): Promise<string> => {
        const found = (await readdir(join(dataDirectory, name))).filter((file) => file.endsWith(suffix));
        return dump(
          found.map((file) => join(dataDirectory, name, file)),
          ...options,
        );
      };
      const log = await dumpAll('rides-0', '.log', '--print-data-log');
      expect(log).toContain('endTxnMarker: ABORT coordinatorEpoch');
      expect(log).toContain('endTxnMarker: COMMIT coordinatorEpoch');
      expect(await dumpAll('rides-0', '.txnindex')).toMatch(
        /producerId: \d+ firstOffset: 0 lastOffset: 2 lastStableOffset: 3/,
      );
      expect(await dumpAll('rides-0', '.snapshot')).toMatch(/producerId: \d+ producerEpoch: 0/);
      const states = await readdir(dataDirectory);
      const decoded = await Promise.all(
        states
          .filter((directory) => directory.startsWith('__transaction_state'))
          .map((directory) => dumpAll(directory, '.log', '--transaction-log-decoder')),
      );
      expect(decoded.join('')).toMatch(/"transactionalId":"dumped"/);
      expect(decoded.join('')).toMatch(/"transactionStatus":4/);
    },
    TIMEOUT_MS,
  );
});
