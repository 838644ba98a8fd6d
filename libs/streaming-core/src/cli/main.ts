import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addAdminCommands } from './admin-commands.js';
import { addDeadLetters } from './dlq-command.js';
import { EXIT, exitCodeOf, explain } from './explain.js';
import { collect, collectSettings, parseDirectory, parsePort, parseWholeNumber } from './options.js';
import { addRecordCommands } from './record-commands.js';
import { addSecurityCommands } from './security-commands.js';
import { chooseSecurity } from './security.js';
import type { ServeOptions } from './serve.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Each command loads its own code, so that none waits for what another needs. */
function createProgram(): Command {
  const program = new Command('streaming-core')
    .description('An event-streaming engine that speaks the Apache Kafka protocol')
    .version(version)
    .addOption(
      new Option('--command-config <file>', "properties to reach a secured cluster, as for Kafka's tools").env(
        'KAFKA_COMMAND_CONFIG',
      ),
    )
    .hook('preAction', (root, command) => {
      // A broker is no client: what reaches other clusters is not its business.
      if (command.name() !== 'serve') chooseSecurity(root.opts<{ commandConfig?: string }>().commandConfig);
    })
    .addHelpText(
      'after',
      `\nExit codes: ${EXIT.done} done; ${EXIT.failed} it failed or is not there; ${EXIT.usage} wrong usage; ${EXIT.unreachable} no broker answers`,
    );
  addServe(program);
  addAdminCommands(program);
  addSecurityCommands(program);
  addRecordCommands(program);
  addDeadLetters(program);
  program
    .command('dump')
    .description('show the record batches of a segment file')
    .argument('<segment>', 'a .log file')
    .option('--records', 'show the records too', false)
    .option('--json', 'one JSON object a batch, or with --records a record', false)
    .action(async (segment: string, options: { records: boolean; json: boolean }) => {
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
    .option(
      '--add-scram <user:password>',
      'give a user a password before clients are served; may be given several times; @file takes lines of a file',
      collect,
      [],
    )
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

/** Without the defaults that say nothing: that an option is not given. */
function optionDescription(option: Option): string {
  const value: unknown = option.defaultValue;
  const isPlain = typeof value === 'string' || typeof value === 'number';
  const facts = [
    ...(option.argChoices ? [`one of ${option.argChoices.join(', ')}`] : []),
    ...(isPlain ? [`default: ${value}`] : []),
    ...(option.envVar === undefined ? [] : [`env: ${option.envVar}`]),
  ];
  return facts.length === 0 ? option.description : `${option.description} (${facts.join('; ')})`;
}

/** Wrong usage has an exit code of its own. */
function strict(command: Command): Command {
  command.exitOverride().showHelpAfterError('(--help says how it is used)').configureHelp({ optionDescription });
  command.commands.forEach(strict);
  return command;
}

// Whoever reads the output has had enough (`| head`): nothing is wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await strict(createProgram()).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  console.error(`streaming-core: ${explain(error)}`);
  process.exitCode = exitCodeOf(error);
}
