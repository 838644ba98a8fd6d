import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createAuthority } from '../../test/certificates.js';
import { end, startServe, type ServeProcess } from '../../test/serve-process.js';

const BIN = path.resolve(import.meta.dirname, '../../bin/streaming-core.js');
const TIMEOUT_MS = 60_000;
const scratch = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-cli-security-'));
const file = (name: string): string => path.join(scratch, name);
let broker: ServeProcess;

beforeAll(async () => {
  const authority = await createAuthority();
  const server = await authority.issue('CN=broker');
  writeFileSync(file('server.pem'), `${server.key}\n${server.certificate}`);
  writeFileSync(file('ca.pem'), authority.certificate);
  writeFileSync(file('passwords'), 'admin:admin-secret\n');
  writeFileSync(
    file('admin.properties'),
    [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      'sasl.username=admin',
      'sasl.password=admin-secret',
      `ssl.ca.location=${file('ca.pem')}`,
    ].join('\n'),
  );
  const settings = {
    listeners: 'SASL_SSL://127.0.0.1:0',
    'ssl.keystore.location': file('server.pem'),
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
    'authorizer.class.name': 'StandardAuthorizer',
    'super.users': 'User:admin',
  };
  const configs = Object.entries(settings).flatMap(([name, value]) => ['--config', `${name}=${value}`]);
  broker = await startServe(['serve', '--data-dir', file('data'), '--add-scram', `@${file('passwords')}`, ...configs]);
}, TIMEOUT_MS);

afterAll(async () => {
  await end(broker, 'SIGTERM');
  rmSync(scratch, { recursive: true, force: true });
});

async function run(
  args: string[],
  { input = '', env = {} } = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const brokers = `127.0.0.1:${broker.port}`;
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: 'pipe',
    env: { ...process.env, KAFKA_BROKERS: brokers, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

const asAdmin = (...args: string[]): ReturnType<typeof run> =>
  run([...args, '--command-config', file('admin.properties')]);
const bob = {
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'PLAIN',
  KAFKA_SASL_USERNAME: 'bob',
  KAFKA_SASL_PASSWORD: 'bob-secret',
  KAFKA_SSL_CA_LOCATION: file('ca.pem'),
};

it(
  'administers users and rules of a secured broker, and is let in by file and by variables',
  async () => {
    // Credentials are for nobody else on this machine.
    if (process.platform !== 'win32') expect(statSync(file('data/security.json')).mode & 0o777).toBe(0o600);
    expect((await asAdmin('topics', 'create', 'rides')).code).toBe(0);
    const refused = await run(['topics', 'list'], { env: bob });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('authentication');
    const made = await run(['users', 'set-password', 'bob', '--command-config', file('admin.properties')], {
      input: 'bob-secret\n',
    });
    expect(made).toMatchObject({ code: 0, out: 'bob has a password now\n' });
    expect((await asAdmin('users', 'list')).out).toMatch(
      /^USER +MECHANISMS\nadmin .*\nbob +SCRAM-SHA-256, SCRAM-SHA-512\n$/,
    );
    expect(await run(['topics', 'list'], { env: bob })).toMatchObject({ code: 0, out: '' });
    const rule = ['--principal', 'User:bob', '--topic', 'ri', '--prefixed', '--operation', 'write'];
    expect((await asAdmin('acls', 'add', ...rule)).code).toBe(0);
    expect((await asAdmin('acls', 'list')).out).toMatch(/TOPIC +ri +PREFIXED +User:bob +\* +WRITE +ALLOW/);
    expect((await run(['produce', 'rides'], { env: bob, input: 'one\n' })).code).toBe(0);
    expect((await run(['consume', 'rides', '--from-beginning'], { env: bob })).code).toBe(1);
    expect((await asAdmin('consume', 'rides', '--from-beginning')).out).toBe('one\n');
    expect((await asAdmin('acls', 'delete', ...rule)).code).toBe(0);
    expect((await asAdmin('acls', 'delete', ...rule)).code).toBe(1);
    expect((await asAdmin('users', 'delete', 'bob')).code).toBe(0);
    expect((await run(['topics', 'list'], { env: bob })).code).toBe(1);
  },
  TIMEOUT_MS,
);

it(
  'says what is wrong with how it is to come in',
  async () => {
    const { code, err } = await run(['topics', 'list'], { env: { KAFKA_SECURITY_PROTOCOL: 'TLS' } });
    expect(code).toBe(1);
    expect(err).toMatch(/^streaming-core: KAFKA_SECURITY_PROTOCOL: must be one of/);
    expect((await run(['topics', 'list', '--command-config', '/nowhere'])).err).toContain('cannot read /nowhere');
  },
  TIMEOUT_MS,
);
