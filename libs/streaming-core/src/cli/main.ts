import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { ConsumeOptions } from './consume.js';
import { explain } from './explain.js';
import { collectSettings, parseDirectory, parsePort, parseWholeNumber } from './options.js';
import type { ServeOptions } from './serve.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Each command loads its own code, so that none waits for what another needs. */
function createProgram(): Command {
  const program = new Command('streaming-core')
    .description('An event-streaming engine that speaks the Apache Kafka protocol')
    .version(version);
  addServe(program);
  addTopics(program);
  addGroups(program);
  addRecords(program);
  program
    .command('dump')
    .description('show the record batches of a segment file')
    .argument('<segment>', 'a .log file')
    .option('--records', 'show the records too', false)
    .action(async (segment: string, options: { records: boolean }) => {
      (await import('./dump.js')).dump(segment, options);
    });
  return program;
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description('run a broker')
    .option('--port <port>', 'port to listen on; 0 picks a free one', parsePort, 9092)
    .option('--host <address>', 'address to listen on; 127.0.0.1 keeps it to this machine', '127.0.0.1')
    .option('--advertised-host <name>', 'host that clients are told to connect to')
    .option('--advertised-port <port>', 'port that clients are told to connect to', parsePort)
    .option('--data-dir <directory>', 'where topics are kept', parseDirectory, '.streaming-core')
    .option('--node-id <number>', 'id of this broker', parseWholeNumber, 1)
    .option('--config <key=value>', "a setting by Kafka's name; may be given several times", collectSettings, {})
    .option('--metrics-port <port>', 'serve /metrics and /health on this port', parsePort)
    .addOption(
      new Option('--log-level <level>', 'how much to log')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .env('LOG_LEVEL'),
    )
    .addOption(
      new Option('--log-format <format>', 'how to log').choices(['pretty', 'json']).default('pretty').env('LOG_FORMAT'),
    )
    .action(async (options: ServeOptions) => {
      await (await import('./serve.js')).serve(options, version);
    });
}

const bootstrap = (): Option =>
  new Option('-b, --bootstrap-server <host:port,...>', 'brokers to ask').default('127.0.0.1:9092').env('KAFKA_BROKERS');

function addTopics(program: Command): void {
  const topics = program.command('topics').description('list, create, describe and delete topics');
  topics
    .command('list')
    .description('name every topic')
    .addOption(bootstrap())
    .action(async (options: { bootstrapServer: string }) => (await import('./topics.js')).listTopics(options));
  topics
    .command('create')
    .description('create a topic')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('--partitions <number>', 'number of partitions', parseWholeNumber, 1)
    .option('--config <key=value>', 'a topic config; may be given several times', collectSettings, {})
    .action(
      async (topic: string, options: { bootstrapServer: string; partitions: number; config: Record<string, string> }) =>
        (await import('./topics.js')).createTopic(topic, options),
    );
  topics
    .command('delete')
    .description('delete a topic with all that it holds')
    .argument('<topic>')
    .addOption(bootstrap())
    .action(async (topic: string, options: { bootstrapServer: string }) =>
      (await import('./topics.js')).deleteTopic(topic, options),
    );
  topics
    .command('describe')
    .description('show the partitions and configs of a topic')
    .argument('<topic>')
    .addOption(bootstrap())
    .action(async (topic: string, options: { bootstrapServer: string }) =>
      (await import('./topics.js')).describeTopic(topic, options),
    );
}

function addGroups(program: Command): void {
  const groups = program.command('groups').description('list and describe consumer groups');
  groups
    .command('list')
    .description('name every group with its state')
    .addOption(bootstrap())
    .option('--json', 'one JSON object per group', false)
    .action(async (options: { bootstrapServer: string; json: boolean }) =>
      (await import('./groups.js')).listGroups(options),
    );
  groups
    .command('describe')
    .description('show the state, members and lag of a group')
    .argument('<group>')
    .addOption(bootstrap())
    .option('--json', 'one JSON object: state, members, offsets', false)
    .action(async (group: string, options: { bootstrapServer: string; json: boolean }) =>
      (await import('./groups.js')).describeGroup(group, options),
    );
}

function addRecords(program: Command): void {
  program
    .command('produce')
    .description('write the lines of standard input as records')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('--key-separator <text>', 'what stands between key and value in a line')
    .option('--partition <number>', 'partition to write to; default: by key', parseWholeNumber)
    .action(async (topic: string, options: { bootstrapServer: string; keySeparator?: string; partition?: number }) =>
      (await import('./produce.js')).produce(topic, options),
    );
  program
    .command('consume')
    .description('show the records of a topic')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('--from-beginning', 'begin with the first record kept', false)
    .option('--follow', 'go on with records as they come; the default without --from-beginning', false)
    .option('--max <number>', 'stop after so many records', parseWholeNumber)
    .option('--json', 'one JSON object per line, with key, headers, partition and offset', false)
    .action(async (topic: string, options: ConsumeOptions) => (await import('./consume.js')).consume(topic, options));
}

// Whoever reads the output has had enough (`| head`): nothing is wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  console.error(`streaming-core: ${explain(error)}`);
  process.exitCode = 1;
}
