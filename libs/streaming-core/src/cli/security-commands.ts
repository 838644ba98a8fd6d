import type { Command } from 'commander';
import type { AclOptions } from './acls.js';
import { bootstrap, JSON_ROWS } from './admin-commands.js';
import type { BootstrapOptions, ShowOptions } from './admin-session.js';

/** Who may come in, and what they may do. */
export function addSecurityCommands(program: Command): void {
  addUsers(program);
  addAcls(program);
}

function addUsers(program: Command): void {
  const users = program.command('users').description('list users with passwords, set and delete passwords');
  users
    .command('list')
    .description('name every user with a password')
    .addOption(bootstrap())
    .option(...JSON_ROWS)
    .action(async (options: ShowOptions) => (await import('./users.js')).listUsers(options));
  users
    .command('set-password')
    .description('give a user a password for SCRAM and PLAIN, from standard input')
    .argument('<user>')
    .addOption(bootstrap())
    .option('--password-file <file>', 'take its first line as the password')
    .action(async (user: string, options: BootstrapOptions & { passwordFile?: string }) =>
      (await import('./users.js')).setPassword(user, options),
    );
  users
    .command('delete')
    .description("delete a user's password")
    .argument('<user>')
    .addOption(bootstrap())
    .action(async (user: string, options: BootstrapOptions) => (await import('./users.js')).deleteUser(user, options));
}

function addAcls(program: Command): void {
  const acls = program.command('acls').description('list, add and delete access rules');
  acls
    .command('list')
    .description('show every access rule')
    .addOption(bootstrap())
    .option(...JSON_ROWS)
    .action(async (options: ShowOptions) => (await import('./acls.js')).listAcls(options));
  const rule = (command: Command): Command =>
    command
      .addOption(bootstrap())
      .option('--topic <name>', 'about this topic; * is every one')
      .option('--group <id>', 'about this consumer group')
      .option('--transactional-id <id>', 'about this transactional id')
      .option('--cluster', 'about the cluster itself', false)
      .option('--prefixed', 'about everything whose name begins so', false)
      .option('--principal <principal>', 'for whom, such as User:alice; User:* is everybody')
      .option('--host <address>', 'only from this address')
      .option('--operation <operation>', 'READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, ALL and others of Kafka')
      .option('--deny', 'deny it instead of allowing it; what is denied cannot be allowed', false);
  rule(acls.command('add').description('add an access rule')).action(async (options: BootstrapOptions & AclOptions) =>
    (await import('./acls.js')).addAcl(options),
  );
  rule(acls.command('delete').description('delete an access rule')).action(
    async (options: BootstrapOptions & AclOptions) => (await import('./acls.js')).deleteAcl(options),
  );
}
