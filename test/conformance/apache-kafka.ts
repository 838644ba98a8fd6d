/**
 * Starts a real Apache Kafka (KRaft, one node) from the jars on Maven Central, to run the same tests and benchmarks
 * against it. Needs Java 17 and Maven; the tests that need them are skipped without. The jars are kept in a cache outside the repo.
 *
 *   node test/conformance/apache-kafka.ts start [--port 9092]
 *   node test/conformance/apache-kafka.ts jars                 only gets them, and says where they are
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const KAFKA_VERSION = '4.2.0';
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const LOG_CHARS_MAX = 64_000;

const run = promisify(execFile);

export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface ApacheKafkaOptions {
  /** Client port; 0 (default) takes a free one. */
  readonly port?: number;
  /** `server.properties` lines on top of the ones for a small single node. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface ApacheKafka {
  readonly bootstrapServers: string;
  readonly version: string;
  /** Of the process that runs now. */
  pid(): number;
  /** `kill -9`; the data stays for {@link restart}. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  restart(): Promise<void>;
  /** Stops and deletes the data. */
  stop(): Promise<void>;
}

/** Whether Java 17+ and Maven are here, with the reason if not. */
export async function available(): Promise<Availability> {
  try {
    const { stderr } = await run('java', ['-version']);
    const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
    if (major < 17) return { ok: false, reason: `Java 17 or newer is needed, found ${major}` };
  } catch {
    return { ok: false, reason: 'java is not installed' };
  }
  if (existsSync(join(cacheDir(), 'libs'))) return { ok: true };
  try {
    await run('mvn', ['-v']);
    return { ok: true };
  } catch {
    return { ok: false, reason: 'mvn is not installed' };
  }
}

/** Downloads the jars unless they are in the cache; gives the class path. */
export async function kafkaClassPath(): Promise<string> {
  const dir = cacheDir();
  const libs = join(dir, 'libs');
  if (existsSync(libs)) return join(libs, '*');
  await mkdir(dir, { recursive: true });
  // Download beside the final place and rename, so that an interrupted download is never taken for a whole one.
  const work = await mkdtemp(join(dir, 'download-'));
  try {
    const dependency = (artifact: string): string =>
      `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${KAFKA_VERSION}</version></dependency>`;
    await writeFile(
      join(work, 'pom.xml'),
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>` +
        `<groupId>conformance</groupId><artifactId>kafka</artifactId><version>1</version>` +
        `<dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies></project>`,
    );
    const goal = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=libs'];
    await run('mvn', goal, { cwd: work, maxBuffer: 16 * 1024 * 1024 });
    await rename(join(work, 'libs'), libs).catch((error: unknown) => {
      // Another process was faster: its jars are the same.
      if (!existsSync(libs)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return join(libs, '*');
}

export async function startApacheKafka(options: ApacheKafkaOptions = {}): Promise<ApacheKafka> {
  const classPath = await kafkaClassPath();
  const dir = await mkdtemp(join(tmpdir(), 'ridestream-apache-kafka-data-'));
  const port = options.port ? options.port : await freePort();
  const configFile = join(dir, 'server.properties');
  const properties = { ...serverProperties(port, await freePort(), join(dir, 'logs')), ...options.properties };
  await writeFile(
    configFile,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  await run(
    'java',
    ['-cp', classPath, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', configFile],
    {
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  let server = await launch(classPath, configFile, port);
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    version: KAFKA_VERSION,
    pid: () => server.pid!,
    kill: () => end(server, 'SIGKILL'),
    restart: async () => {
      await end(server, 'SIGKILL');
      server = await launch(classPath, configFile, port);
    },
    stop: async () => {
      await end(server, 'SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function cacheDir(): string {
  return join(tmpdir(), `ridestream-apache-kafka-${KAFKA_VERSION}`);
}

function serverProperties(port: number, controllerPort: number, logDir: string): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    'num.partitions': '1',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'log.message.timestamp.after.max.ms': '9223372036854775807',
  };
}

async function launch(classPath: string, configFile: string, port: number): Promise<ChildProcess> {
  const server = spawn('java', ['-Xmx512m', '-cp', classPath, 'kafka.Kafka', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG_CHARS_MAX);
  };
  server.stdout.on('data', keep);
  server.stderr.on('data', keep);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await acceptsConnections(port))) {
    if (server.exitCode !== null) throw new Error(`Apache Kafka exited with ${server.exitCode}:\n${log}`);
    if (Date.now() > deadline) {
      await end(server, 'SIGKILL');
      throw new Error(`Apache Kafka was not ready within ${READY_TIMEOUT_MS} ms:\n${log}`);
    }
    await sleep(100);
  }
  return server;
}

async function end(server: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill(signal);
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

async function acceptsConnections(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function main(args: readonly string[]): Promise<void> {
  const [command, flag, value] = args;
  const isKnown = (command === 'start' && (flag === undefined || flag === '--port')) || command === 'jars';
  if (!isKnown) {
    console.error('usage: node test/conformance/apache-kafka.ts start [--port N] | jars');
    process.exitCode = 2;
    return;
  }
  const here = await available();
  if (!here.ok) {
    console.error(here.reason);
    process.exitCode = 1;
    return;
  }
  if (command === 'jars') {
    console.log(await kafkaClassPath());
    return;
  }
  const kafka = await startApacheKafka({ port: Number(value ?? 0) });
  console.log(`Apache Kafka ${kafka.version} on ${kafka.bootstrapServers}; stop with Ctrl+C`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await kafka.stop();
}

if (import.meta.main) await main(process.argv.slice(2));
