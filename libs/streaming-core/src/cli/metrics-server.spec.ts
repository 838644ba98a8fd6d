import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Broker } from '../broker/broker.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { RawClient } from '../../test/raw-client.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { NodeClock } from '../ports/node/node-clock.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { startMetricsServer } from './metrics-server.js';

let broker: Broker;
let server: Server;
let port: number;

beforeAll(async () => {
  broker = await Broker.start({
    dataDirectory: '/data',
    port: 0,
    settings: { 'metrics.series.max': '3' },
    ports: {
      clock: new NodeClock(),
      random: new NodeRandom(),
      storage: new MemoryStorage(),
      network: new NodeNetwork(),
      process: new NodeProcess(),
    },
  });
  server = await startMetricsServer(broker, '127.0.0.1', 0);
  ({ port } = server.address() as AddressInfo);
});

afterAll(async () => {
  server.close();
  await broker.stop();
});

/** The status line of the answer to a request target, sent as it is. */
async function statusOf(target: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.end(`GET ${target} HTTP/1.1\r\nHost: broker\r\nConnection: close\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString().split('\r\n')[0]!;
}

const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();

it('answers a request target that is no URL, and goes on', async () => {
  expect(await statusOf('//')).toBe('HTTP/1.1 404 Not Found');
  expect(await statusOf('/metrics?name=x')).toBe('HTTP/1.1 200 OK');
  expect(await statusOf('/health/live')).toBe('HTTP/1.1 200 OK');
});

it('shows what the broker does and holds, at most so many partitions one by one', async () => {
  broker.createTopic({ name: 'rides', partitions: 5, configs: {} });
  const client = new RawClient(broker.port);
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
  const partitionData = [0, 9].map((index) => ({ index, records }));
  await client.ask(0, 9, { acks: -1, timeoutMs: 5_000, topicData: [{ name: 'rides', partitionData }] });
  client.close();
  const text = await get('/metrics');
  for (const line of [
    /^streaming_requests_total\{api="Produce"\} 1$/m,
    /^streaming_request_errors_total\{api="Produce",error="UNKNOWN_TOPIC_OR_PARTITION"\} 1$/m,
    /^streaming_request_handler_seconds_bucket\{api="Produce",le="\+Inf"\} 1$/m,
    /^streaming_log_end_offset\{topic="rides",partition="0"\} 1$/m,
    /^streaming_partitions_omitted 2$/m,
    /^streaming_fsync_seconds_count [1-9]/m,
    /^streaming_recovery_seconds [\d.e-]+$/m,
    /^streaming_event_loop_lag_seconds\{quantile="0.99"\} /m,
    /^streaming_process_memory_bytes\{kind="rss"\} \d+$/m,
  ]) {
    expect(text).toMatch(line);
  }
  const names = text
    .split('\n')
    .filter((line) => line.startsWith('# TYPE'))
    .map((line) => line.split(' ')[2]);
  expect(new Set(names).size).toBe(names.length);
  // Every line is a comment or a sample: name, labels, number.
  const odd = text
    .split('\n')
    .filter((line) => !/^(# (HELP|TYPE) .*|streaming_\w+(\{[^}]*\})? -?[\d.e+-]+|)$/.test(line));
  expect(odd).toEqual([]);
});

it('says whether clients are served', async () => {
  expect(JSON.parse(await get('/health/ready'))).toMatchObject({ status: 'ok', isReady: true, offlinePartitions: 0 });
  await broker.stop();
  expect(await statusOf('/health/ready')).toBe('HTTP/1.1 503 Service Unavailable');
  expect(await statusOf('/health/live')).toBe('HTTP/1.1 200 OK');
});
