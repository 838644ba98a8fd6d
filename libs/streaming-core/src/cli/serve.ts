import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Broker } from '../broker/broker.js';
import { BrokerConfigError } from '../broker/config.js';
import type { Logger } from '../broker/logger.js';
import { NodeClock } from '../ports/node/node-clock.js';
import { NodeNetwork } from '../ports/node/node-network.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeRandom } from '../ports/node/node-random.js';
import { NodeStorage } from '../ports/node/node-storage.js';
import { createCliLogger, type LogFormat } from './cli-logger.js';
import { startMetricsServer } from './metrics-server.js';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly advertisedHost?: string;
  readonly advertisedPort?: number;
  readonly dataDir: string;
  readonly nodeId: number;
  readonly config: Readonly<Record<string, string>>;
  /** `user:password`, or `@file` with one a line. */
  readonly addScram: readonly string[];
  readonly metricsPort?: number;
  readonly logLevel: string;
  readonly logFormat: LogFormat;
}

/** A stop that takes longer ends the process anyway. */
const STOP_MS_MAX = 10_000;

/** Runs a broker until SIGINT, SIGTERM or the end of a parent that spawned it with an IPC channel. */
export async function serve(options: ServeOptions, version: string): Promise<void> {
  const startedAt = performance.now();
  const logger = createCliLogger(options.logLevel, options.logFormat);
  const dataDirectory = path.resolve(options.dataDir);
  const broker = await Broker.start({
    nodeId: options.nodeId,
    host: options.host,
    port: options.port,
    ...(options.advertisedHost === undefined ? {} : { advertisedHost: options.advertisedHost }),
    ...(options.advertisedPort === undefined ? {} : { advertisedPort: options.advertisedPort }),
    settings: options.config,
    dataDirectory,
    ports: {
      clock: new NodeClock(),
      random: new NodeRandom(),
      storage: new NodeStorage(),
      network: new NodeNetwork(),
      process: new NodeProcess(),
    },
    logger,
    passwords: passwordsOf(options.addScram),
  });
  reloadOnRequest(broker, logger);
  stopOnRequest(broker);
  try {
    if (options.metricsPort !== undefined) await startMetricsServer(broker, options.host, options.metricsPort);
  } catch (error) {
    await broker.stop();
    process.removeAllListeners('disconnect');
    if (process.connected) process.disconnect();
    throw error;
  }
  announce(broker, options, { version, dataDirectory, startMs: performance.now() - startedAt });
}

/** @throws {BrokerConfigError} */
function passwordsOf(given: readonly string[]): ReadonlyMap<string, string> {
  const lines = given.flatMap((text) =>
    text.startsWith('@') ? readFileSync(text.slice(1), 'utf8').split(/\r?\n/).filter(Boolean) : [text],
  );
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(':');
      if (at <= 0 || at === line.length - 1) throw new BrokerConfigError('--add-scram: must be user:password');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
}

/** SIGHUP takes renewed certificates. */
function reloadOnRequest(broker: Broker, logger: Logger): void {
  process.on('SIGHUP', () => {
    try {
      broker.reloadCertificates();
      logger.info({}, 'certificates read anew');
    } catch (error) {
      logger.error({ err: error }, 'cannot read certificates: going on with those that are there');
    }
  });
}

function announce(
  broker: Broker,
  { logFormat }: ServeOptions,
  { version, dataDirectory, startMs }: { version: string; dataDirectory: string; startMs: number },
): void {
  const topics = broker.topics();
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  const { host, port, clusterId, config } = broker;
  if (logFormat === 'json') {
    console.log(
      JSON.stringify({
        msg: 'ready',
        version,
        host,
        port,
        clusterId,
        nodeId: config.nodeId,
        topics: topics.length,
        partitions,
        dataDirectory,
        startMs,
      }),
    );
  } else {
    console.log(`streaming-core ${version} is ready on ${host}:${port} after ${startMs.toFixed(0)} ms`);
    console.log(
      `node ${config.nodeId}, cluster ${clusterId}, ${topics.length} topics with ${partitions} partitions in ${dataDirectory}`,
    );
  }
  process.send?.({ type: 'ready', port });
}

function stopOnRequest(broker: Broker): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
    broker.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (process.connected) process.on('disconnect', stop);
}
