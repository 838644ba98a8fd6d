import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { RawClient } from '../../test/raw-client.js';
import { end, runToEnd, startServe, type ServeProcess } from '../../test/serve-process.js';
import { encodeBatch } from '../wire/records/record-codec.js';

const START_TIMEOUT_MS = 30_000;
let scratch: string;
let data: string;
const started: ServeProcess[] = [];

beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-serve-'));
  data = path.join(scratch, 'data');
});

afterEach(() => {
  for (const { child } of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

async function serve(...args: string[]): Promise<ServeProcess> {
  const broker = await startServe(['serve', '--port', '0', '--data-dir', data, ...args]);
  started.push(broker);
  return broker;
}

describe('streaming-core serve', () => {
  it(
    'says where it listens, and ends with code 0 on SIGTERM',
    async () => {
      const broker = await serve();
      expect(broker.output()).toContain(`is ready on 127.0.0.1:${broker.port}`);
      expect(await end(broker, 'SIGTERM')).toBe(0);
    },
    START_TIMEOUT_MS,
  );

  it(
    'ends when the parent that spawned it is gone',
    async () => {
      const broker = await serve();
      const exited = once(broker.child, 'exit') as Promise<[number | null]>;
      broker.child.disconnect();
      expect((await exited)[0]).toBe(0);
    },
    START_TIMEOUT_MS,
  );

  it('loses nothing that it acknowledged to kill -9, and heals the lock that is left', async () => {
    const killed = await serve('--config', 'num.partitions=1');
    const client = new RawClient(killed.port);
    await client.ask(3, 4, { topics: [{ name: 'rides' }], allowAutoTopicCreation: true });
    let acknowledged = 0;
    const ended = once(killed.child, 'exit');
    for (; acknowledged < 200; acknowledged++) {
      const records = encodeBatch({
        records: [{ key: null, value: Buffer.from(`ride ${acknowledged}`), timestamp: 1n }],
      });
      const topicData = [{ name: 'rides', partitionData: [{ index: 0, records }] }];
      const { responses } = await client.ask(0, 7, { acks: -1, timeoutMs: 5_000, topicData });
      expect(responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: BigInt(acknowledged) });
    }
    const partitions = [{ partitionIndex: 0, committedOffset: 120n, committedMetadata: 'here' }];
    const commit = await client.ask(8, 2, { groupId: 'g', topics: [{ name: 'rides', partitions }] });
    expect(commit.topics[0]!.partitions[0]!.errorCode).toBe(0);
    killed.child.kill('SIGKILL');
    await ended;

    const healed = await serve();
    const again = new RawClient(healed.port);
    const fetched = await again.ask(1, 11, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: 'rides', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000_000 }] }],
      rackId: '',
    });
    expect(fetched.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 200n });
    expect(fetched.responses[0]!.partitions[0]!.records!.toString()).toContain('ride 199');
    const offsets = await again.ask(9, 1, { groupId: 'g', topics: [{ name: 'rides', partitionIndexes: [0] }] });
    expect(offsets.topics[0]!.partitions[0]).toMatchObject({ committedOffset: 120n, metadata: 'here' });
    again.close();
    expect(await end(healed, 'SIGINT')).toBe(0);
  }, 60_000);

  it(
    'says what to do when the directory is in use',
    async () => {
      await serve();
      const { code, output } = await runToEnd(['serve', '--port', '0', '--data-dir', data]);
      expect(code).toBe(1);
      expect(output).toMatch(/in use by process \d+\. Stop that process, or choose another data directory/);
    },
    START_TIMEOUT_MS,
  );

  it(
    'says what to do when the port is taken',
    async () => {
      const squatter = createServer();
      squatter.listen(0, '127.0.0.1');
      await once(squatter, 'listening');
      const { port } = squatter.address() as AddressInfo;
      const { code, output } = await runToEnd(['serve', '--port', String(port), '--data-dir', data]);
      squatter.close();
      expect(code).toBe(1);
      expect(output).toContain(`port ${port} on 127.0.0.1 is taken by another program`);
    },
    START_TIMEOUT_MS,
  );

  it(
    'ends when the port for metrics is taken, and does not go on half started',
    async () => {
      const squatter = createServer();
      squatter.listen(0, '127.0.0.1');
      await once(squatter, 'listening');
      const { port } = squatter.address() as AddressInfo;
      const args = ['serve', '--port', '0', '--data-dir', data, '--metrics-port', String(port)];
      const { code, output } = await runToEnd(args);
      squatter.close();
      expect(code).toBe(1);
      expect(output).toContain(`port ${port} on 127.0.0.1 is taken by another program`);
    },
    START_TIMEOUT_MS,
  );

  it(
    'says what is wrong with a data directory that cannot be one',
    async () => {
      writeFileSync(data, 'a file');
      const { code, output } = await runToEnd(['serve', '--port', '0', '--data-dir', data]);
      expect(code).toBe(1);
      expect(output).toMatch(/^streaming-core: .*data/);
    },
    START_TIMEOUT_MS,
  );

  // Only Linux has /proc.
  (process.platform === 'linux' ? it : it.skip)(
    'says that it cannot keep anything where the system makes no directories, instead of hanging',
    async () => {
      const { code, output } = await runToEnd(['serve', '--port', '0', '--data-dir', '/proc/ridestream/data']);
      expect(code).toBe(1);
      expect(output).toContain('cannot create /proc/ridestream');
      expect(output).toContain('--data-dir');
    },
    START_TIMEOUT_MS,
  );

  it(
    'names every setting that does not fit',
    async () => {
      const { code, output } = await runToEnd(['serve', '--config', 'foo=1', '--config', 'num.partitions=many']);
      expect(code).toBe(1);
      expect(output).toContain('foo: no such setting');
      expect(output).toContain('num.partitions: must be a whole number');
    },
    START_TIMEOUT_MS,
  );
});
