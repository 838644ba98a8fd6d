/** Apache Kafka's own command-line tools and clients, all runs of a test file in one JVM (see java/ToolHost.java). */
import { afterAll, describe } from '@jest/globals';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { available, kafkaClassPath } from './apache-kafka.ts';
import { skipped } from './skipped.ts';

const TIMEOUT_MS = 90_000;
/** A tool lives for a moment: compiling well is not worth its while. */
const JVM_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', '-Dslf4j.internal.verbosity=ERROR'];
const SOURCES = ['ToolHost.java', 'Clients.java'].map((name) =>
  fileURLToPath(new URL(`java/${name}`, import.meta.url)),
);
/** Their programs keep state in static fields, such as how many records were read. */
const JARS_WITH_STATE = /^(kafka-tools-\d|kafka_)/;

const CLASSES = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-dump-log': 'kafka.tools.DumpLogSegments',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'transactional-message-copier': 'org.apache.kafka.tools.TransactionalMessageCopier',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
} as const;

export type JavaTool = keyof typeof CLASSES;

export interface ToolRun {
  readonly code: number;
  /** Standard output and standard error together. */
  readonly output: string;
}

/** Where classes and jars are, or why nothing of Java can be run. */
const setUp = await prepare();

/** A group of tests that need Java; without it they are skipped, and the reason is printed. */
export function describeWithJava(name: string, tests: () => void): void {
  (typeof setUp === 'string' ? skipped(name, setUp) : describe)(name, tests);
}

/** Runs a tool to its end; `input` is its standard input. */
export function runTool(tool: JavaTool, args: readonly string[], input = ''): Promise<ToolRun> {
  return run(CLASSES[tool], args, input);
}

/** Runs a scenario of java/Clients.java; gives the lines that it says. */
export async function runClients(scenario: string, ...args: readonly string[]): Promise<string[]> {
  const { code, output } = await run('Clients', [scenario, ...args], '');
  if (code !== 0) throw new Error(`${scenario} failed:\n${output}`);
  return output.split('\n').filter((line) => line !== '');
}

let host: ToolHost | null = null;
// For the test file that imports this.
afterAll(() => host?.stop());

function run(mainClass: string, args: readonly string[], input: string): Promise<ToolRun> {
  if (typeof setUp === 'string') throw new Error(setUp);
  host ??= new ToolHost(setUp);
  return host.run([mainClass, input, ...args]);
}

interface ClassPaths {
  readonly shared: readonly string[];
  /** Of which each run gets classes of its own. */
  readonly perRun: readonly string[];
}

/** One JVM, one run at a time. After a run that takes too long there is a new JVM. */
class ToolHost {
  #process: ChildProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly classPaths: ClassPaths) {}

  run(words: readonly string[]): Promise<ToolRun> {
    const run = this.#last.then(() => this.#ask(words));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.stdin!.end();
    await exited;
  }

  #ask(words: readonly string[]): Promise<ToolRun> {
    const child = (this.#process ??= this.#start());
    const { promise, resolve, reject } = Promise.withResolvers<ToolRun>();
    const fail = (what: string): void => {
      child.kill('SIGKILL');
      this.#process = null;
      reject(new Error(`${words[0]}: ${what}`));
    };
    const timer = setTimeout(() => fail(`not over after ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    const onExit = (): void => fail('the JVM ended');
    child.once('exit', onExit);
    const lines = createInterface({ input: child.stdout! });
    lines.once('line', (line) => {
      const [code, output] = line.split(' ');
      resolve({ code: Number(code), output: Buffer.from(output!, 'base64').toString() });
    });
    child.stdin!.write(`${words.map((word) => Buffer.from(word).toString('base64')).join(' ')}\n`);
    return promise.finally(() => {
      clearTimeout(timer);
      child.off('exit', onExit);
      lines.close();
    });
  }

  #start(): ChildProcess {
    const { shared, perRun } = this.classPaths;
    const args = [...JVM_OPTIONS, '-cp', shared.join(path.delimiter), 'ToolHost', ...perRun];
    return spawn('java', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  }
}

async function prepare(): Promise<ClassPaths | string> {
  const here = await available();
  if (!here.ok) return here.reason;
  try {
    const libs = path.dirname(await kafkaClassPath());
    const jars = (await readdir(libs)).sort();
    const of = (isOfRun: boolean): string[] =>
      jars.filter((jar) => JARS_WITH_STATE.test(jar) === isOfRun).map((jar) => path.join(libs, jar));
    return { shared: [await compiled(libs, of(false)), ...of(false)], perRun: of(true) };
  } catch (error) {
    return `Apache Kafka's jars or our classes for them cannot be had: ${String(error)}`;
  }
}

/** The directory of our classes, kept beside the jars. Java 17 and newer has its compiler as a module, if it is a JDK. */
async function compiled(libs: string, jars: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(await readFile(source));
  const classes = path.join(path.dirname(libs), `classes-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(classes)) return classes;
  const work = await mkdtemp(path.join(path.dirname(libs), 'classes-'));
  try {
    const options = ['-nowarn', '-d', work, '-cp', jars.join(path.delimiter)];
    await promisify(execFile)('java', ['-m', 'jdk.compiler/com.sun.tools.javac.Main', ...options, ...SOURCES]);
    await rename(work, classes).catch((error: unknown) => {
      // Another process was faster: its classes are the same.
      if (!existsSync(classes)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return classes;
}
