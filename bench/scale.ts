/**
 * Many partitions and many connections: what 1,000 of each cost a broker in memory and time, ours and Apache Kafka.
 *
 * Run after a build: `node bench/scale.ts [partitions] [connections]`
 */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { encodeRequest } from 'streaming-core/wire/messages';
import {
  cpuSeconds,
  forEachBroker,
  printMachine,
  printRow,
  residentMb,
  type BenchBroker,
} from './support-processes.ts';

const PARTITIONS = Number(process.argv[2] ?? 1_000);
const CONNECTIONS = Number(process.argv[3] ?? 1_000);
const RECORDS_PER_PARTITION = 20;
const IDLE_MS = 5_000;
const CONNECTING_AT_A_TIME = 50;

async function measurePartitions(broker: BenchBroker, figures: Map<string, number>): Promise<void> {
  const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'bench' });
  try {
    const startedAt = performance.now();
    await client.admin().ensureTopics([{ name: 'wide', partitions: PARTITIONS }]);
    figures.set('create partitions, ms', performance.now() - startedAt);
    const producer = await client.producer();
    const writtenFrom = performance.now();
    for (let round = 0; round < RECORDS_PER_PARTITION; round++) {
      const records = Array.from({ length: PARTITIONS }, (_, partition) => ({
        topic: 'wide',
        partition,
        key: null,
        value: 'x'.repeat(100),
      }));
      await producer.send(records);
    }
    const seconds = (performance.now() - writtenFrom) / 1_000;
    figures.set('a record to each, records/s', (PARTITIONS * RECORDS_PER_PARTITION) / seconds);
  } finally {
    await client.close();
  }
  await measureIdle(broker, `idle with ${PARTITIONS} partitions`, figures);
}

async function measureConnections(broker: BenchBroker, figures: Map<string, number>): Promise<void> {
  const port = Number(broker.bootstrapServers.split(':')[1]);
  const request = Buffer.concat(
    encodeRequest(
      18,
      3,
      { correlationId: 1, clientId: 'bench' },
      { clientSoftwareName: 'b', clientSoftwareVersion: '1' },
    ),
  );
  const sockets: Socket[] = [];
  const open = async (): Promise<void> => {
    while (sockets.length < CONNECTIONS) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.write(request);
      await once(socket, 'data');
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CONNECTING_AT_A_TIME }, open));
  figures.set('connect and first answer, connections/s', (sockets.length * 1_000) / (performance.now() - startedAt));
  await measureIdle(broker, `idle with ${CONNECTIONS} connections`, figures);
  const roundFrom = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      socket.write(request);
      await once(socket, 'data');
    }),
  );
  figures.set('a request of each at once, requests/s', (sockets.length * 1_000) / (performance.now() - roundFrom));
  for (const socket of sockets) socket.destroy();
}

async function measureIdle({ pid }: BenchBroker, what: string, figures: Map<string, number>): Promise<void> {
  await sleep(2_000);
  const before = cpuSeconds(pid);
  await sleep(IDLE_MS);
  figures.set(`${what}, MB`, residentMb(pid));
  figures.set(`${what}, % of a core`, ((cpuSeconds(pid) - before) * 100_000) / IDLE_MS);
}

async function measure(broker: BenchBroker): Promise<Map<string, number>> {
  const figures = new Map<string, number>();
  await measurePartitions(broker, figures);
  await measureConnections(broker, figures);
  return figures;
}

printMachine();
const all = await forEachBroker(['fsync'], measure);
const [first] = all.values();
for (const what of first!.keys()) {
  printRow(what, new Map([...all].map(([name, figures]) => [name, figures.get(what)!])), '', 1);
}
