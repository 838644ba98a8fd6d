/** Apache Kafka's own command-line tools, run from its jars. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { available, kafkaClassPath, type Availability } from './apache-kafka.ts';

const TIMEOUT_MS = 60_000;
/** A tool lives for a second: compiling well is not worth its while. */
const JVM_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m'];

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
  readonly code: number | null;
  /** Standard output and standard error together, without what the logging library says about itself. */
  readonly output: string;
}

/** Whether there is a JVM and a way to the jars; gets them if they are not here yet. */
export async function javaTools(): Promise<Availability> {
  const here = await available();
  if (!here.ok) return here;
  try {
    await kafkaClassPath();
    return here;
  } catch (error) {
    return {
      ok: false,
      reason: `Apache Kafka's jars cannot be had: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** Runs a tool to its end; `input` is its standard input. */
export async function runTool(tool: JavaTool, args: readonly string[], input = ''): Promise<ToolRun> {
  const child = spawn('java', [...JVM_OPTIONS, '-cp', await kafkaClassPath(), CLASSES[tool], ...args], {
    stdio: 'pipe',
    timeout: TIMEOUT_MS,
  });
  let output = '';
  const keep = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output.split('\n').filter((line) => !line.startsWith('SLF4J'));
  return { code, output: lines.join('\n') };
}
