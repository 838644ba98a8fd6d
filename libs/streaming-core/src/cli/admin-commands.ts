import { InvalidArgumentError, Option, type Command } from 'commander';
import type { BootstrapOptions, ShowOptions } from './admin-session.js';
import { collect, collectSettings, parseServers, parseWholeNumber } from './options.js';
import type { QuotaTarget } from './quotas.js';

/** Each command loads its own code, so that none waits for what another needs. */
export function addAdminCommands(program: Command): void {
  addTopics(program);
  addGroups(program);
  addConfigs(program);
  addQuotas(program);
}

export const bootstrap = (): Option =>
  new Option('-b, --bootstrap-server <host:port,...>', 'brokers to ask')
    .default('127.0.0.1:9092')
    .env('KAFKA_BROKERS')
    .argParser(parseServers);

export const JSON_ROWS = ['--json', 'one JSON object a line instead of a table', false] as const;

type Settings = Record<string, string>;

function addTopics(program: Command): void {
  const topics = program.command('topics').description('list, create, describe, alter and delete topics');
  topics
    .command('list')
    .description('name every topic')
    .addOption(bootstrap())
    .option(...JSON_ROWS)
    .action(async (options: ShowOptions) => (await import('./topics.js')).listTopics(options));
  topics
    .command('create')
    .description('create a topic')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('--partitions <number>', 'number of partitions', parseWholeNumber, 1)
    .option('--config <key=value>', 'a topic config; may be given several times', collectSettings, {})
    .option('--json', 'show the new topic as JSON', false)
    .action(async (topic: string, options: ShowOptions & { partitions: number; config: Settings }) =>
      (await import('./topics.js')).createTopic(topic, options),
    );
  topics
    .command('describe')
    .description('show the partitions and configs of a topic')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('--json', 'one JSON object: partitions, and the configs that are its own', false)
    .action(async (topic: string, options: ShowOptions) => (await import('./topics.js')).describeTopic(topic, options));
  topics
    .command('alter')
    .description('add partitions to a topic, or change its configs')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('--partitions <number>', 'how many it is to have; it can only grow', parseWholeNumber)
    .option('--config <key=value>', 'set a topic config; may be given several times', collectSettings, {})
    .option('--delete-config <key>', 'give a config its default back; may be given several times', collect, [])
    .action(
      async (
        topic: string,
        options: BootstrapOptions & { partitions?: number; config: Settings; deleteConfig: string[] },
      ) => (await import('./topics.js')).alterTopic(topic, options),
    );
  topics
    .command('delete')
    .description('delete a topic with all that it holds')
    .argument('<topic>')
    .addOption(bootstrap())
    .action(async (topic: string, options: BootstrapOptions) =>
      (await import('./topics.js')).deleteTopic(topic, options),
    );
}

function addGroups(program: Command): void {
  const groups = program.command('groups').description('list, describe, move and delete consumer groups');
  groups
    .command('list')
    .description('name every group with its state')
    .addOption(bootstrap())
    .option(...JSON_ROWS)
    .action(async (options: ShowOptions) => (await import('./groups.js')).listGroups(options));
  groups
    .command('describe')
    .description('show the state, members and lag of a group')
    .argument('<group>')
    .addOption(bootstrap())
    .option('--json', 'one JSON object: state, members, offsets', false)
    .action(async (group: string, options: ShowOptions) => (await import('./groups.js')).describeGroup(group, options));
  groups
    .command('reset-offsets')
    .description('move what a group without members has committed')
    .argument('<group>')
    .addOption(bootstrap())
    .requiredOption(
      '--to <where>',
      'earliest, latest, an offset, +n or -n from here, or a time in ISO 8601',
      parseTarget,
    )
    .option(
      '--topic <topic>',
      'only this topic; may be given several times. Default: all that it committed',
      collect,
      [],
    )
    .option('--partition <number>', 'only this partition', parseWholeNumber)
    .option('--dry-run', 'show where the offsets would be, and change nothing', false)
    .option(...JSON_ROWS)
    .action(
      async (
        group: string,
        options: ShowOptions & { to: string; topic: string[]; partition?: number; dryRun: boolean },
      ) => (await import('./groups.js')).resetOffsets(group, options),
    );
  groups
    .command('delete')
    .description('delete groups without members, with what they committed')
    .argument('<group...>')
    .addOption(bootstrap())
    .action(async (names: string[], options: BootstrapOptions) =>
      (await import('./groups.js')).deleteGroups(names, options),
    );
}

function addConfigs(program: Command): void {
  const configs = program
    .command('configs')
    .description('show and change the configs of topics, brokers and groups while the broker runs');
  configs
    .command('describe')
    .description('show what is set for a topic, broker or group')
    .argument('<type>', 'topic, broker or group', parseConfigType)
    .argument('<name>', "its name; a broker's id, or default for all brokers")
    .addOption(bootstrap())
    .option('--all', 'show what is inherited and built in too', false)
    .option('--json', 'one JSON object a line, with documentation', false)
    .action(async (type: 'topic', name: string, options: ShowOptions & { all: boolean }) =>
      (await import('./configs.js')).describeConfigs({ type, name }, options),
    );
  configs
    .command('set')
    .description('set configs')
    .argument('<type>', 'topic, broker or group', parseConfigType)
    .argument('<name>', "its name; a broker's id, or default for all brokers")
    .argument('<key=value...>', 'what to set')
    .addOption(bootstrap())
    .action(async (type: 'topic', name: string, values: string[], options: BootstrapOptions) =>
      (await import('./configs.js')).setConfigs({ type, name }, settingsOf(values), options),
    );
  configs
    .command('unset')
    .description('give configs their defaults back')
    .argument('<type>', 'topic, broker or group', parseConfigType)
    .argument('<name>', "its name; a broker's id, or default for all brokers")
    .argument('<key...>', 'what to unset')
    .addOption(bootstrap())
    .action(async (type: 'topic', name: string, keys: string[], options: BootstrapOptions) =>
      (await import('./configs.js')).unsetConfigs({ type, name }, keys, options),
    );
}

function addQuotas(program: Command): void {
  const quotas = program.command('quotas').description('show and change how much clients may use');
  quotas
    .command('list')
    .description('show every quota')
    .addOption(bootstrap())
    .option(...JSON_ROWS)
    .action(async (options: ShowOptions) => (await import('./quotas.js')).listQuotas(options));
  const target = (command: Command): Command =>
    command
      .addOption(bootstrap())
      .option('--user [name]', 'for this user; without a name for every user that has none of its own')
      .option('--client-id [id]', 'for this client id; likewise. With --user: for both together')
      .option('--ip [address]', 'for connections from this address; likewise');
  target(
    quotas
      .command('set')
      .description('set quotas: producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate')
      .argument('[key=value...]', 'what to set, per second; with --ip: connection_creation_rate'),
  ).action(async (values: string[], options: BootstrapOptions & QuotaTarget) =>
    (await import('./quotas.js')).setQuotas(settingsOf(values), options),
  );
  target(quotas.command('unset').description('remove quotas').argument('[key...]', 'what to remove')).action(
    async (keys: string[], options: BootstrapOptions & QuotaTarget) =>
      (await import('./quotas.js')).unsetQuotas(keys, options),
  );
}

function settingsOf(values: readonly string[]): Settings {
  return values.reduce<Settings>((settings, text) => collectSettings(text, settings), {});
}

function parseConfigType(text: string): string {
  if (!['topic', 'broker', 'group'].includes(text)) throw new InvalidArgumentError('must be topic, broker or group');
  return text;
}

function parseTarget(text: string): string {
  const isPlace = text === 'earliest' || text === 'latest' || /^[+-]?\d{1,18}$/.test(text);
  if (isPlace || (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)))) return text;
  throw new InvalidArgumentError('must be earliest, latest, an offset, +n, -n, or a time such as 2026-01-31T12:00:00Z');
}
