import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:tls';
import { createAuthority, type Authority, type Identity } from '../../test/certificates.js';
import { RawClient } from '../../test/raw-client.js';
import { plain } from '../../test/sasl-client.js';
import { startSecureBroker, type SecureBroker } from '../../test/secure-broker.js';
import { BrokerConfig, BrokerConfigError } from './config.js';
import { listenersOf } from './security/listener-config.js';

let authority: Authority;
let server: Identity;
const brokers: SecureBroker[] = [];
const clients: RawClient[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  server = await authority.issue('CN=broker');
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

async function start(config: Readonly<Record<string, string>>): Promise<SecureBroker> {
  const secure = await startSecureBroker({ config, users: { alice: 'a' } });
  brokers.push(secure);
  return secure;
}

const tls = () => ({
  'ssl.keystore.key': server.key,
  'ssl.keystore.certificate.chain': server.certificate,
  'ssl.truststore.certificates': authority.certificate,
});

function dial(port: number, identity?: Identity): RawClient {
  const own = identity ? { key: identity.key, cert: identity.certificate } : {};
  const client = new RawClient(connect({ host: '127.0.0.1', port, ca: authority.certificate, ...own }));
  clients.push(client);
  return client;
}

function dialPlain(port: number): RawClient {
  const client = new RawClient(port);
  clients.push(client);
  return client;
}

describe('listeners', () => {
  const parse = (settings: Readonly<Record<string, string>>) => listenersOf(new BrokerConfig({ settings }));

  it('is one for everybody on the loopback unless told otherwise', () => {
    expect(parse({})).toMatchObject([{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }]);
  });

  it('have names, protocols, and addresses that are told', () => {
    expect(
      parse({
        listeners: 'INSIDE://:9092, Outside://[::]:9093',
        'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:SASL_SSL',
        'advertised.listeners': 'OUTSIDE://kafka.example:443',
        'listener.name.outside.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.outside.connections.max.reauth.ms': '5000',
      }),
    ).toMatchObject([
      { name: 'INSIDE', protocol: 'PLAINTEXT', host: '127.0.0.1', advertised: null, mechanisms: [] },
      {
        name: 'OUTSIDE',
        protocol: 'SASL_SSL',
        host: '::',
        advertised: { host: 'kafka.example', port: 443 },
        mechanisms: ['PLAIN'],
        maxReauthMs: 5_000,
      },
    ]);
  });

  it.each([
    [{ listeners: '127.0.0.1:9092' }, 'listeners: "127.0.0.1:9092" is not of the form'],
    [{ listeners: 'PLAINTEXT://a:99999' }, 'is not of the form'],
    [{ listeners: 'PLAINTEXT://a:1,PLAINTEXT://a:2' }, 'each listener has a name of its own'],
    [{ listeners: 'OTHER://a:1' }, 'which protocol OTHER speaks'],
    [{ 'advertised.listeners': 'OTHER://a:1' }, 'no listener OTHER'],
    [{ 'listener.security.protocol.map': 'PLAINTEXT:TCP' }, 'is not NAME:PROTOCOL'],
    [{ listeners: 'SASL_SSL://a:1', 'sasl.enabled.mechanisms': 'GSSAPI' }, 'there is no mechanism GSSAPI'],
    [{ listeners: 'SSL://a:1', 'ssl.principal.mapping.rules': 'RULE:x' }, 'ssl.principal.mapping.rules: '],
    [{ 'listener.name.x.ssl.client.auth': 'perhaps' }, 'must be one of none, requested, required'],
    [{ 'listener.name.x.log.retention.ms': '1' }, 'no such setting'],
  ])('refuses %j', (settings, message) => {
    const parsing = (): unknown => parse(settings);
    expect(parsing).toThrow(BrokerConfigError);
    expect(parsing).toThrow(message);
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['TLS without a certificate', { listeners: 'SSL://127.0.0.1:0' }, /no private key and certificate/],
    [
      'a file that is not there',
      { listeners: 'SSL://127.0.0.1:0', 'ssl.keystore.location': '/nowhere' },
      /ssl.keystore.location: cannot read \/nowhere/,
    ],
    [
      'OAUTHBEARER without keys',
      { listeners: 'SASL_PLAINTEXT://127.0.0.1:0', 'sasl.enabled.mechanisms': 'OAUTHBEARER' },
      /needs the keys that sign tokens/,
    ],
    ['a limit that is none', { 'max.connections.per.ip.overrides': '10.0.0.1' }, /not of the form address:count/],
    [
      'a super user without a type',
      { 'authorizer.class.name': 'StandardAuthorizer', 'super.users': 'admin' },
      /Type:name/,
    ],
  ])('does not start with %s', async (_, config, message) => {
    await expect(startSecureBroker({ config })).rejects.toThrow(message);
  });
});

describe('TLS', () => {
  it('knows by the certificate who may', async () => {
    const secure = await start({
      ...tls(),
      listeners: 'SSL://127.0.0.1:0',
      'ssl.client.auth': 'requested',
      'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+),OU=Admins.*$/$1/',
      'authorizer.class.name': 'StandardAuthorizer',
      'super.users': 'User:root',
    });
    const listed = async (identity?: Identity) => {
      const { errorCode } = await dial(secure.port('SSL'), identity).ask(50, 0, { users: null });
      return errorCode;
    };
    expect(await listed(await authority.issue('OU=Admins,CN=root'))).toBe(0);
    expect(await listed(await authority.issue('OU=Others,CN=root'))).toBe(31);
    expect(await listed()).toBe(31);
  });

  it('carries SASL', async () => {
    const secure = await start({
      ...tls(),
      listeners: 'SASL_SSL://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN',
    });
    const client = dial(secure.port('SASL_SSL'));
    expect((await plain(client, 'alice', 'a')).errorCode).toBe(0);
    expect((await client.ask(3, 1, { topics: [] })).brokers).toMatchObject([{ port: secure.port('SASL_SSL') }]);
  });

  it('has no more time than the rest of an authentication', async () => {
    const secure = await start({
      ...tls(),
      listeners: 'SSL://127.0.0.1:0',
      'connection.authentication.timeout.ms': '50',
    });
    expect(await dialPlain(secure.port('SSL')).frame()).toBeNull();
    expect(secure.broker.metrics.snapshot().connectionsRefused).toEqual({ AUTHENTICATION_TIMEOUT: 1 });
  });
});

describe('limits', () => {
  it('closes on more connections of one address than it may have', async () => {
    const secure = await start({ listeners: 'PLAINTEXT://127.0.0.1:0', 'max.connections.per.ip': '2' });
    const port = secure.port('PLAINTEXT');
    const [one, two] = [dialPlain(port), dialPlain(port)];
    await Promise.all([one, two].map((client) => client.ask(3, 1, { topics: [] })));
    expect(await dialPlain(port).frame()).toBeNull();
    expect(secure.broker.metrics.snapshot().connectionsRefused).toEqual({ TOO_MANY_CONNECTIONS_OF_ADDRESS: 1 });
    one.close();
    const deadlineMs = Date.now() + 10_000;
    while (secure.broker.metrics.snapshot().connectionsOpen > 1 && Date.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await dialPlain(port).ask(3, 1, { topics: [] })).brokers).toHaveLength(1);
  });

  it('may be others for single addresses', async () => {
    const secure = await start({
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'max.connections.per.ip': '0',
      'max.connections.per.ip.overrides': '127.0.0.1:1',
    });
    const client = dialPlain(secure.port('PLAINTEXT'));
    expect((await client.ask(3, 1, { topics: [] })).brokers).toHaveLength(1);
    expect(await dialPlain(secure.port('PLAINTEXT')).frame()).toBeNull();
  });
});
