import { fileURLToPath } from 'node:url';
import { Broker } from 'streaming-core/broker/broker';
import type { MetricDefinition } from 'streaming-core/broker/observability/prometheus-text';
import { ProcessMetrics } from 'streaming-core/cli/process-metrics';
import { MemoryStorage } from 'streaming-core/ports/memory/memory-storage';
import { NodeClock } from 'streaming-core/ports/node/node-clock';
import { NodeNetwork } from 'streaming-core/ports/node/node-network';
import { NodeProcess } from 'streaming-core/ports/node/node-process';
import { NodeRandom } from 'streaming-core/ports/node/node-random';

export const DOCUMENT_FILE = fileURLToPath(new URL('../../docs/OPERATIONS.md', import.meta.url));

/** What `serve --metrics-port` shows, asked of a running broker. */
export async function askMetrics(): Promise<readonly MetricDefinition[]> {
  const broker = await Broker.start({
    dataDirectory: '/data',
    port: 0,
    ports: {
      clock: new NodeClock(),
      random: new NodeRandom(),
      storage: new MemoryStorage(),
      network: new NodeNetwork(),
      process: new NodeProcess(),
    },
  });
  const process = new ProcessMetrics();
  try {
    let definitions: readonly MetricDefinition[] = [];
    broker.prometheus((text) => {
      process.write(text);
      ({ definitions } = text);
    });
    return definitions;
  } finally {
    process.stop();
    await broker.stop();
  }
}
