import type { Command } from 'commander';
import { bootstrap } from './admin-commands.js';
import { parseWholeNumber } from './options.js';
import type { RangeOptions } from './dlq.js';

/** `streaming-core dlq list|show|purge|merge` */
export function addDeadLetters(program: Command): void {
  const dlq = program.command('dlq').description('look at dead letters, send them back, throw them away');
  dlq
    .command('list')
    .description('name every dead-letter queue with the number of its letters')
    .addOption(bootstrap())
    .option('--group <group>', 'only the queues of this consumer group')
    .option('--json', 'one JSON object per queue', false)
    .action(async (options: { bootstrapServer: string; group?: string; json: boolean }) =>
      (await import('./dlq.js')).listQueues(options),
    );
  dlq
    .command('show')
    .description('show the newest letters of a queue, or one whole: reason, origin, key and value')
    .argument('<queue>', 'such as orders.billing.dlq')
    .addOption(bootstrap())
    .option('--partition <number>', 'only this partition', parseWholeNumber)
    .option('--offset <number>', 'only this letter of the partition', parseWholeNumber)
    .option('--max <number>', 'letters at most', parseWholeNumber, 20)
    .option('--json', 'one JSON object per letter', false)
    .action(
      async (
        queue: string,
        options: { bootstrapServer: string; partition?: number; offset?: number; max: number; json: boolean },
      ) => (await import('./dlq.js')).showLetters(queue, options),
    );
  addRange(dlq.command('purge').description('throw away the letters of a queue')).action(
    async (queue: string, options: RangeOptions) => (await import('./dlq.js')).purgeLetters(queue, options),
  );
  addRange(
    dlq.command('merge').description('send the letters of a queue back to where they came from, to be handled again'),
  ).action(async (queue: string, options: RangeOptions) => (await import('./dlq.js')).mergeLetters(queue, options));
}

function addRange(command: Command): Command {
  return command
    .argument('<queue>', 'such as orders.billing.dlq')
    .addOption(bootstrap())
    .option('--partition <number>', 'only this partition; default: all', parseWholeNumber)
    .option('--before <offset>', 'only letters before this offset of the partition; default: all now', parseWholeNumber)
    .option('--json', 'one JSON object', false);
}
