import { createServer, type Server } from 'node:http';
import type { Broker } from '../broker/broker.js';

/** `GET /metrics` in Prometheus text, `GET /health`. On the loopback or wherever the broker listens. */
export function startMetricsServer(broker: Pick<Broker, 'metrics'>, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    // Not with URL: it throws at what anyone may send, such as `//`.
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    if (request.method !== 'GET') response.writeHead(405).end();
    else if (pathname === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(broker.metrics.prometheus());
    } else if (pathname === '/health' || pathname.startsWith('/health/')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    } else response.writeHead(404).end();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
