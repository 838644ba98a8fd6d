import { alterUserScramCredentialsV0, describeUserScramCredentialsV0, type Connection } from '@platformatic/kafka';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ITERATIONS_MIN, saltPasswordAsync, type ScramMechanism } from '../security/scram-credential.js';
import { errorName } from '../wire/error-codes.js';
import { withConnection, type BootstrapOptions, type ShowOptions } from './admin-session.js';
import { CommandError } from './command-error.js';
import { printRows } from './output.js';

const SALT_BYTES = 16;
const MECHANISMS: readonly ScramMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
const numberOf = (mechanism: ScramMechanism): number => MECHANISMS.indexOf(mechanism) + 1;

interface Answer {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}

export async function listUsers(options: ShowOptions): Promise<void> {
  const { errorCode, errorMessage, results } = await withConnection(options, (connection) =>
    describeUserScramCredentialsV0.api.async(connection, []),
  );
  if (errorCode !== 0) throw refusal('users', errorCode, errorMessage);
  const rows = results.map(({ user, credentialInfos }) => ({
    user,
    mechanisms: credentialInfos.map(({ mechanism }) => MECHANISMS[mechanism - 1] ?? `mechanism ${mechanism}`),
  }));
  printRows(rows, { json: options.json, heading: ['user', 'mechanisms'] });
}

/** Gives a user a password, for SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN. What goes to the broker is salted: not the password. */
export async function setPassword(
  user: string,
  options: BootstrapOptions & { readonly passwordFile?: string },
): Promise<void> {
  const password = options.passwordFile === undefined ? await askPassword(user) : firstLine(options.passwordFile);
  if (password === '') throw new CommandError('a password must not be empty');
  const upsertions = await Promise.all(
    MECHANISMS.map(async (mechanism) => {
      const salt = randomBytes(SALT_BYTES);
      const saltedPassword = await saltPasswordAsync(mechanism, password, salt, ITERATIONS_MIN);
      return { name: user, mechanism: numberOf(mechanism), iterations: ITERATIONS_MIN, salt, saltedPassword };
    }),
  );
  await withConnection(options, async (connection) =>
    check(await alterUserScramCredentialsV0.api.async(connection, [], upsertions)),
  );
  console.log(`${user} has a password now`);
}

export async function deleteUser(user: string, options: BootstrapOptions): Promise<void> {
  await withConnection(options, async (connection) => {
    const deletions = (await mechanismsOf(connection, user)).map((mechanism) => ({ name: user, mechanism }));
    check(await alterUserScramCredentialsV0.api.async(connection, deletions, []));
  });
  console.log(`${user} has no password any more`);
}

async function mechanismsOf(connection: Connection, user: string): Promise<number[]> {
  const { results } = await describeUserScramCredentialsV0.api.async(connection, [{ name: user }]);
  const mechanisms = results[0]?.credentialInfos.map(({ mechanism }) => mechanism) ?? [];
  if (mechanisms.length === 0) throw new CommandError(`there is no user ${user}`);
  return mechanisms;
}

function check({ results }: { readonly results: readonly Answer[] }): void {
  for (const { user, errorCode, errorMessage } of results) {
    if (errorCode !== 0) throw refusal(`user ${user}`, errorCode, errorMessage);
  }
}

function refusal(what: string, errorCode: number, errorMessage: string | null | undefined): CommandError {
  return new CommandError(`${what}: ${errorName(errorCode)}${errorMessage ? `, ${errorMessage}` : ''}`);
}

function firstLine(file: string): string {
  return readFileSync(file, 'utf8').split(/\r?\n/)[0]!;
}

/** From standard input; at a terminal without showing it. */
async function askPassword(user: string): Promise<string> {
  const isTerminal = process.stdin.isTTY;
  if (isTerminal) process.stderr.write(`Password of ${user}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
