import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { BrokerMetrics } from '../broker/metrics.js';
import { startMetricsServer } from './metrics-server.js';

/** The status line of the answer to a request target, sent as it is. */
async function statusOf(port: number, target: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.end(`GET ${target} HTTP/1.1\r\nHost: broker\r\nConnection: close\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString().split('\r\n')[0]!;
}

it('answers a request target that is no URL, and goes on', async () => {
  const server = await startMetricsServer({ metrics: new BrokerMetrics() }, '127.0.0.1', 0);
  const { port } = server.address() as AddressInfo;
  expect(await statusOf(port, '//')).toBe('HTTP/1.1 404 Not Found');
  expect(await statusOf(port, '/metrics?name=x')).toBe('HTTP/1.1 200 OK');
  expect(await statusOf(port, '/health/ready')).toBe('HTTP/1.1 200 OK');
  server.close();
});
