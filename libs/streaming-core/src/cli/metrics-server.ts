import { createServer, type Server } from 'node:http';
import type { Broker } from '../broker/broker.js';
import { PROMETHEUS_CONTENT_TYPE } from '../broker/observability/prometheus-text.js';
import { ProcessMetrics } from './process-metrics.js';

export type Observed = Pick<Broker, 'prometheus' | 'health'>;

/**
 * `GET /metrics` in Prometheus text; `GET /health/live`: the process answers; `GET /health/ready` (and `/health`): clients are
 * served, 503 if not, with the reasons. On the loopback or wherever the broker listens.
 */
export function startMetricsServer(broker: Observed, host: string, port: number): Promise<Server> {
  const process = new ProcessMetrics();
  const server = createServer((request, response) => {
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    // Not with URL: it throws at what anyone may send, such as `//`.
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    if (request.method !== 'GET') response.writeHead(405, { allow: 'GET' }).end();
    else if (pathname === '/metrics') {
      const text = broker.prometheus((more) => process.write(more));
      response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE }).end(text);
    } else if (pathname === '/health/live') json(200, { status: 'ok' });
    else if (pathname === '/health' || pathname === '/health/ready') {
      const health = broker.health();
      json(health.isReady ? 200 : 503, { status: health.isReady ? 'ok' : 'unavailable', ...health });
    } else response.writeHead(404).end();
  });
  server.once('close', () => process.stop());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
