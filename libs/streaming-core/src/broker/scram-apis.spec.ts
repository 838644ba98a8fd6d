import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { scram } from '../../test/sasl-client.js';
import { startSecureBroker, type SecureBroker } from '../../test/secure-broker.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { saltPassword } from '../security/scram-credential.js';
import { ERROR } from '../wire/error-codes.js';

const config = { listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0', 'max.scram.users': '3' };
let storage: MemoryStorage;
let secure: SecureBroker;
let admin: RawClient;

beforeEach(async () => {
  storage = new MemoryStorage();
  await start();
});

afterEach(async () => {
  admin.close();
  await secure.stop();
});

async function start(): Promise<void> {
  secure = await startSecureBroker({ config, storage });
  admin = new RawClient(secure.port('PLAINTEXT'));
}

const salt = Buffer.from('0123456789abcdef');
const upsertion = (name: string, change: object = {}) => ({
  name,
  mechanism: 1,
  iterations: 4_096,
  salt,
  saltedPassword: saltPassword('SCRAM-SHA-256', `${name}-secret`, salt, 4_096),
  ...change,
});
const alter = async (
  upsertions: ReturnType<typeof upsertion>[],
  deletions: { name: string; mechanism: number }[] = [],
) => (await admin.ask(51, 0, { deletions, upsertions })).results;

async function logIn(user: string): Promise<number> {
  const client = new RawClient(secure.port('SASL_PLAINTEXT'));
  const { errorCode } = await scram(client, 'SCRAM-SHA-256', user, `${user}-secret`);
  client.close();
  return errorCode;
}

it('lets in who was made, also after a restart, and not who was deleted; and never shows a secret', async () => {
  expect(await alter([upsertion('alice'), upsertion('bob')])).toMatchObject([{ errorCode: 0 }, { errorCode: 0 }]);
  expect(await logIn('alice')).toBe(0);
  expect((await admin.ask(50, 0, { users: null })).results).toEqual([
    { user: 'alice', errorCode: 0, errorMessage: null, credentialInfos: [{ mechanism: 1, iterations: 4_096 }] },
    { user: 'bob', errorCode: 0, errorMessage: null, credentialInfos: [{ mechanism: 1, iterations: 4_096 }] },
  ]);
  const kept = storage.readFile('/data/security.json')!.toString();
  expect(kept).not.toContain('alice-secret');
  expect(kept).not.toContain(upsertion('alice').saltedPassword.toString('base64'));
  admin.close();
  await secure.stop();
  await start();
  expect(await logIn('alice')).toBe(0);
  expect(await alter([], [{ name: 'alice', mechanism: 1 }])).toMatchObject([{ user: 'alice', errorCode: 0 }]);
  expect(await logIn('alice')).toBe(ERROR.SASL_AUTHENTICATION_FAILED);
  expect(await logIn('bob')).toBe(0);
});

it.each([
  ['too few iterations', { iterations: 4_095 }, ERROR.UNACCEPTABLE_CREDENTIAL],
  ['44 far too many iterations', { iterations: 2_147_483_647 }, ERROR.UNACCEPTABLE_CREDENTIAL],
  ['no salt', { salt: Buffer.alloc(0) }, ERROR.UNACCEPTABLE_CREDENTIAL],
  ['a key of another mechanism', { mechanism: 2 }, ERROR.UNACCEPTABLE_CREDENTIAL],
  ['a mechanism that is unknown', { mechanism: 9 }, ERROR.UNSUPPORTED_SASL_MECHANISM],
  ['no name', { name: '' }, ERROR.UNACCEPTABLE_CREDENTIAL],
])('refuses %s, and does the rest', async (_, change, errorCode) => {
  const results = await alter([upsertion('alice', change), upsertion('bob')]);
  expect(results).toMatchObject([{ errorCode }, { user: 'bob', errorCode: 0 }]);
});

it('refuses what cannot be: one change twice, nobody to delete, more users than may be', async () => {
  expect(await alter([upsertion('alice'), upsertion('alice')])).toMatchObject([
    { errorCode: ERROR.DUPLICATE_RESOURCE },
  ]);
  expect(await alter([], [{ name: 'nobody', mechanism: 1 }])).toMatchObject([{ errorCode: ERROR.RESOURCE_NOT_FOUND }]);
  const four = ['a', 'b', 'c', 'd'].map((name) => upsertion(name));
  for (const { errorCode } of await alter(four)) expect(errorCode).toBe(ERROR.POLICY_VIOLATION);
  const described = await admin.ask(50, 0, { users: [{ name: 'x' }, { name: 'x' }, { name: 'y' }] });
  expect(described.results).toMatchObject([
    { user: 'x', errorCode: ERROR.DUPLICATE_RESOURCE },
    { user: 'y', errorCode: ERROR.RESOURCE_NOT_FOUND },
  ]);
});
