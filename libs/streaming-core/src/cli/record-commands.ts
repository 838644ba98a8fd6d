import type { Command } from 'commander';
import { bootstrap } from './admin-commands.js';
import type { ConsumeOptions } from './consume.js';
import { collectHeaders, parseOffset, parseWholeNumber } from './options.js';
import type { ProduceOptions } from './produce.js';

/** `streaming-core produce|consume`; short options are those of kcat. */
export function addRecordCommands(program: Command): void {
  program
    .command('produce')
    .description('write the lines of standard input as records')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('-p, --partition <number>', 'partition to write to; default: by key', parseWholeNumber)
    .option('-k, --key <key>', 'key of every record')
    .option('-K, --key-separator <text>', 'what stands between key and value in a line')
    .option(
      '-H, --header <name=value>',
      'a header of every record; may be given several times, with different names',
      collectHeaders,
      {},
    )
    .option('--null-marker <text>', 'a value that is this text becomes null, which deletes a key of a compacted topic')
    .action(async (topic: string, options: ProduceOptions) => (await import('./produce.js')).produce(topic, options));
  program
    .command('consume')
    .description('show the records of a topic')
    .argument('<topic>')
    .addOption(bootstrap())
    .option('-p, --partition <number>', 'only this partition', parseWholeNumber)
    .option(
      '-o, --offset <where>',
      'where to begin: beginning, end, an offset (with --partition), -n for the last n records of a partition, or a time: s@<ms since 1970> or ISO 8601',
      parseOffset,
    )
    .option('--from-beginning', 'begin with the first record kept; a group: where it has committed nothing', false)
    .option('--follow', 'go on with records as they come; the default when nothing says where to begin', false)
    .option('-g, --group <group>', 'read as a member of this consumer group and commit what was shown')
    .option('-c, --max <number>', 'stop after so many records', parseWholeNumber)
    .option('--json', 'one JSON object per line, with key, headers, partition and offset', false)
    .action(async (topic: string, options: ConsumeOptions) => (await import('./consume.js')).consume(topic, options));
}
