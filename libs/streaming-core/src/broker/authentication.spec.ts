import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { framed, header, RawClient } from '../../test/raw-client.js';
import { authenticate, oauthToken, plain, plainToken, scram } from '../../test/sasl-client.js';
import { startSecureBroker, type SecureBroker } from '../../test/secure-broker.js';
import type { Clock } from '../ports/clock.js';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { NodeClock } from '../ports/node/node-clock.js';
import { ERROR } from '../wire/error-codes.js';

let secure: SecureBroker;
let lines: Record<string, unknown>[];
const clients: RawClient[] = [];
const scratch = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-authentication-'));

type Config = Readonly<Record<string, string>>;

async function start(config: Config = {}, networkClock: Clock = new NodeClock()): Promise<void> {
  lines = [];
  const note = (details: object): void => void lines.push(details as Record<string, unknown>);
  secure = await startSecureBroker({
    config: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0,PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'connection.failed.authentication.delay.ms': '10',
      ...config,
    },
    users: { alice: 'alice-secret' },
    logger: { debug: note, info: note, warn: note, error: note },
    networkClock,
  });
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function newClient(listener = 'SASL_PLAINTEXT'): RawClient {
  const client = new RawClient(secure.port(listener));
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await secure.stop();
});

const knows = async (client: RawClient): Promise<boolean> =>
  (await client.ask(3, 1, { topics: [] })).brokers.length === 1;
const isClosed = async (client: RawClient): Promise<boolean> => (await client.frame()) === null;

describe('SASL', () => {
  beforeEach(() => start());

  it('PLAIN and SCRAM let in who knows the password', async () => {
    for (const login of [
      (client: RawClient) => plain(client, 'alice', 'alice-secret'),
      (client: RawClient) => scram(client, 'SCRAM-SHA-256', 'alice', 'alice-secret'),
      (client: RawClient) => scram(client, 'SCRAM-SHA-512', 'alice', 'alice-secret'),
    ]) {
      const client = newClient();
      expect(await login(client)).toMatchObject({ errorCode: 0, errorMessage: null, sessionLifetimeMs: 0n });
      expect(await knows(client)).toBe(true);
    }
  });

  it.each([
    ['a wrong password', (client: RawClient) => plain(client, 'alice', 'guess')],
    ['nobody', (client: RawClient) => plain(client, 'nobody', 'guess')],
    ['a wrong password by SCRAM', (client: RawClient) => scram(client, 'SCRAM-SHA-256', 'alice', 'guess')],
    ['nobody by SCRAM', (client: RawClient) => scram(client, 'SCRAM-SHA-512', 'nobody', 'guess')],
    ['no message of the mechanism', (client: RawClient) => authenticate(client, 'PLAIN', Buffer.from('alice'))],
    [
      '45 an authorization id unlike the user',
      (client: RawClient) => authenticate(client, 'PLAIN', plainToken('alice', 'alice-secret', 'root')),
    ],
  ])('answers %s with error 58, then closes, and logs no secret', async (_, login) => {
    const client = newClient();
    expect(await login(client)).toMatchObject({ errorCode: ERROR.SASL_AUTHENTICATION_FAILED });
    expect(await isClosed(client)).toBe(true);
    expect(lines.filter(({ reason }) => reason === 'AUTHENTICATION_FAILED')).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toMatch(/guess|alice-secret/);
    expect(secure.broker.metrics.snapshot().connectionsRefused).toEqual({ AUTHENTICATION_FAILED: 1 });
  });

  it('names what is on offer to who asks for another mechanism, and closes', async () => {
    const client = newClient();
    expect(await client.ask(17, 1, { mechanism: 'GSSAPI' })).toEqual({
      errorCode: ERROR.UNSUPPORTED_SASL_MECHANISM,
      mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    });
    expect(await isClosed(client)).toBe(true);
  });

  it('answers ApiVersions to strangers, and nothing else', async () => {
    const client = newClient();
    expect((await client.ask(18, 0, {})).apiKeys.length).toBeGreaterThan(20);
    client.send(3, 1, { topics: [] });
    expect(await isClosed(client)).toBe(true);
    const unlucky = newClient();
    await unlucky.ask(17, 1, { mechanism: 'PLAIN' });
    unlucky.send(3, 1, { topics: [] });
    expect(await isClosed(unlucky)).toBe(true);
  });

  it('7 closes on a large frame of a stranger before a byte of it is kept', async () => {
    const client = newClient();
    const size = Buffer.alloc(4);
    size.writeInt32BE(600_000);
    client.write(size);
    expect(await isClosed(client)).toBe(true);
    expect(lines.find(({ reason }) => reason === 'TOO_LARGE')).toBeDefined();
    const known = newClient();
    await plain(known, 'alice', 'alice-secret');
    const topics = Array.from({ length: 30_000 }, (_, index) => ({ name: `topic-${index}-${'x'.repeat(30)}` }));
    expect((await known.ask(3, 4, { topics, allowAutoTopicCreation: false })).topics).toHaveLength(30_000);
  });

  it('a token without a handshake is out of order, and so is a handshake where nobody is asked', async () => {
    expect(await newClient().ask(36, 2, { authBytes: Buffer.alloc(0) })).toMatchObject({
      errorCode: ERROR.ILLEGAL_SASL_STATE,
    });
    expect(await newClient('PLAINTEXT').ask(17, 1, { mechanism: 'PLAIN' })).toEqual({
      errorCode: ERROR.ILLEGAL_SASL_STATE,
      mechanisms: [],
    });
  });

  it('takes bare tokens after a handshake of version 0', async () => {
    const client = newClient();
    expect((await client.ask(17, 0, { mechanism: 'PLAIN' })).errorCode).toBe(0);
    client.write(framed(plainToken('alice', 'alice-secret')));
    const asked = client.send(3, 1, { topics: [] });
    expect((await client.frame())!).toHaveLength(0);
    expect((await client.frame())!.readInt32BE(0)).toBe(asked);
    const guessing = newClient();
    await guessing.ask(17, 0, { mechanism: 'PLAIN' });
    guessing.write(framed(plainToken('alice', 'guess')));
    expect(await isClosed(guessing)).toBe(true);
  });

  it('does not mind what comes after a failure', async () => {
    const client = newClient();
    await client.ask(17, 1, { mechanism: 'PLAIN' });
    client.send(36, 2, { authBytes: plainToken('alice', 'guess') });
    client.write(framed(header(3, 1), Buffer.from([0, 0, 0, 0])));
    expect(await client.frame()).not.toBeNull();
    expect(await isClosed(client)).toBe(true);
  });

  it('answers with the address of the listener that was asked', async () => {
    const client = newClient();
    await plain(client, 'alice', 'alice-secret');
    const open = newClient('PLAINTEXT');
    for (const [asking, listener] of [
      [client, 'SASL_PLAINTEXT'],
      [open, 'PLAINTEXT'],
    ] as const) {
      const port = secure.port(listener);
      expect((await asking.ask(3, 1, { topics: [] })).brokers).toMatchObject([{ host: '127.0.0.1', port }]);
      expect((await asking.ask(60, 0, { includeClusterAuthorizedOperations: false })).brokers).toMatchObject([
        { port },
      ]);
      expect(await asking.ask(10, 0, { key: 'g' })).toMatchObject({ port });
    }
  });
});

it('closes on who does not authenticate in time', async () => {
  const clock = new ManualClock();
  await start({ 'connection.authentication.timeout.ms': '50' }, clock);
  const known = newClient();
  await plain(known, 'alice', 'alice-secret');
  const silent = newClient();
  await silent.ask(18, 0, {});
  clock.advance(50);
  expect(await isClosed(silent)).toBe(true);
  expect(secure.broker.metrics.snapshot().connectionsRefused).toEqual({ AUTHENTICATION_TIMEOUT: 1 });
  expect(await knows(known)).toBe(true);
});

it('knows users of a JAAS configuration, on their listener alone', async () => {
  await start({
    listeners: 'ONE://127.0.0.1:0,TWO://127.0.0.1:0',
    'listener.security.protocol.map': 'ONE:SASL_PLAINTEXT,TWO:SASL_PLAINTEXT',
    'listener.name.one.plain.sasl.jaas.config': 'PlainLoginModule required user_bob="bob-secret";',
  });
  expect((await plain(newClient('ONE'), 'bob', 'bob-secret')).errorCode).toBe(0);
  expect((await plain(newClient('ONE'), 'bob', 'guess')).errorCode).toBe(ERROR.SASL_AUTHENTICATION_FAILED);
  expect((await plain(newClient('TWO'), 'bob', 'bob-secret')).errorCode).toBe(ERROR.SASL_AUTHENTICATION_FAILED);
});

describe('sessions that end (KIP-368)', () => {
  it('closes on who goes on without authenticating again', async () => {
    const clock = new ManualClock();
    await start({ 'connections.max.reauth.ms': '30' }, clock);
    const client = newClient();
    expect((await plain(client, 'alice', 'alice-secret')).sessionLifetimeMs).toBe(30n);
    clock.advance(31);
    client.send(3, 1, { topics: [] });
    expect(await isClosed(client)).toBe(true);
  });

  it('goes on with who does, as the same user by the same mechanism', async () => {
    const clock = new ManualClock();
    await start({ 'connections.max.reauth.ms': '60000' }, clock);
    secure.broker.setPassword('bob', 'bob-secret');
    const tooSoon = newClient();
    await plain(tooSoon, 'alice', 'alice-secret');
    expect((await tooSoon.ask(17, 1, { mechanism: 'PLAIN' })).errorCode).toBe(ERROR.ILLEGAL_SASL_STATE);
    const [same, other, changed] = [newClient(), newClient(), newClient()];
    for (const client of [same, other, changed]) await plain(client, 'alice', 'alice-secret');
    clock.advance(1_000);
    expect(await plain(same, 'alice', 'alice-secret')).toMatchObject({ errorCode: 0, sessionLifetimeMs: 60_000n });
    expect(await knows(same)).toBe(true);
    const refusing = plain(other, 'bob', 'bob-secret');
    while (!lines.some(({ reason }) => reason === 'AUTHENTICATION_FAILED')) await new Promise(setImmediate);
    clock.advance(10); // connection.failed.authentication.delay.ms
    const refused = await refusing;
    expect(refused).toMatchObject({ errorCode: ERROR.SASL_AUTHENTICATION_FAILED });
    expect(refused.errorMessage).toContain('Cannot change principals');
    expect((await changed.ask(17, 1, { mechanism: 'SCRAM-SHA-256' })).errorCode).toBe(ERROR.UNSUPPORTED_SASL_MECHANISM);
    expect(await isClosed(changed)).toBe(true);
  });
});

describe('OAUTHBEARER', () => {
  type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  let privateKey: Key;
  let stranger: Key;
  const jwks = path.join(scratch, 'jwks.json');
  const signed: Config = {
    'sasl.enabled.mechanisms': 'OAUTHBEARER',
    'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(jwks).href,
    'sasl.oauthbearer.expected.issuer': 'https://issuer.example',
    'sasl.oauthbearer.expected.audience': 'kafka',
  };

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    privateKey = pair.privateKey;
    stranger = (await generateKeyPair('ES256')).privateKey;
    writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }] }));
  });

  const token = (change: Record<string, unknown> = {}, key = privateKey): Promise<string> =>
    new SignJWT({ iss: 'https://issuer.example', aud: 'kafka', sub: 'alice', exp: Date.now() / 1_000 + 60, ...change })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .sign(key);

  it('lets in the owner of a good token, for as long as it is good', async () => {
    await start(signed);
    const client = newClient();
    const answer = await authenticate(client, 'OAUTHBEARER', oauthToken(await token()));
    expect(answer).toMatchObject({ errorCode: 0 });
    expect(Number(answer.sessionLifetimeMs)).toBeGreaterThan(50_000);
    expect(Number(answer.sessionLifetimeMs)).toBeLessThanOrEqual(60_000);
    expect(await knows(client)).toBe(true);
  });

  it('fetches the keys, and lets nobody in while it cannot', async () => {
    let isDown = true;
    const server = createServer((_, response) => {
      response.statusCode = isDown ? 503 : 200;
      response.end(isDown ? '' : readFileSync(jwks));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await start({ ...signed, 'sasl.oauthbearer.jwks.endpoint.url': `http://127.0.0.1:${port}/jwks` });
    const login = async () => authenticate(newClient(), 'OAUTHBEARER', oauthToken(await token()));
    expect((await login()).authBytes.toString()).toContain('invalid_token');
    isDown = false;
    expect(await login()).toMatchObject({ errorCode: 0, authBytes: Buffer.alloc(0) });
    server.close();
    server.closeAllConnections();
  });

  it.each<[string, () => Promise<string>]>([
    ['signed by a stranger', () => token({}, stranger)],
    ['of another issuer', () => token({ iss: 'https://other.example' })],
    ['for another audience', () => token({ aud: 'other' })],
    ['that has ended', () => token({ exp: Date.now() / 1_000 - 60 })],
    ['that is for later', () => token({ nbf: Date.now() / 1_000 + 60 })],
    ['without an end', () => token({ exp: undefined })],
    ['without a user', () => token({ sub: undefined })],
    ['46 with alg: none', () => Promise.resolve(new UnsecuredJWT({ sub: 'alice' }).setExpirationTime('1m').encode())],
    ['that is none', () => Promise.resolve('abc')],
  ])('refuses a token %s', async (_, make) => {
    await start(signed);
    const client = newClient();
    const challenge = await authenticate(client, 'OAUTHBEARER', oauthToken(await make()));
    expect(challenge).toMatchObject({ errorCode: 0, authBytes: Buffer.from('{"status":"invalid_token"}') });
    const last = await client.ask(36, 2, { authBytes: Buffer.from([1]) });
    expect(last).toMatchObject({ errorCode: ERROR.SASL_AUTHENTICATION_FAILED });
    expect(await isClosed(client)).toBe(true);
  });

  it('takes tokens without a signature if told so', async () => {
    await start({ 'sasl.enabled.mechanisms': 'OAUTHBEARER', 'sasl.oauthbearer.unsecured.tokens': 'true' });
    const unsecured = new UnsecuredJWT({ sub: 'alice' }).setExpirationTime('1m').encode();
    expect((await authenticate(newClient(), 'OAUTHBEARER', oauthToken(unsecured))).errorCode).toBe(0);
    const endless = new UnsecuredJWT({ sub: 'alice' }).encode();
    const refused = await authenticate(newClient(), 'OAUTHBEARER', oauthToken(endless));
    expect(refused.authBytes.toString()).toContain('invalid_token');
  });
});
