/** Real clients reach a broker that asks who they are: TLS, mutual TLS, every SASL mechanism, access rules. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as platformatic from '@platformatic/kafka';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as kafkajs from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { saltPassword } from 'streaming-core/security/scram-credential';
import type { ConnectionSecurity } from 'streaming-core/client/security';
import { createAuthority, type Authority, type Identity } from '../../libs/streaming-core/test/certificates.ts';
import { startSecureBroker, type SecureBroker } from '../../libs/streaming-core/test/secure-broker.ts';
import { describeWithJava, runTool } from './java-tools.ts';
import { describeWithKcat, describeWithLibrdkafka, kcat, librdkafkaClient } from './librdkafka.ts';
import { skipped } from './skipped.ts';
import { targetName, unique, until } from './target.ts';

// Only our own broker: another is set up in its own ways.
const isOwn = targetName === 'streaming-core';
const describeOwn = isOwn ? describe : skipped('security', 'another broker is set up in its own ways');
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
type Mechanism = (typeof MECHANISMS)[number];

const scratch = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-conformance-security-'));
const USER = { username: 'alice', password: 'alice-secret' };
let secure: SecureBroker;
let authority: Authority;
let alice: Identity;
let token: string;
const file = (name: string): string => path.join(scratch, name);

beforeAll(async () => {
  if (targetName !== 'streaming-core') return;
  authority = await createAuthority();
  const server = await authority.issue('CN=broker');
  alice = await authority.issue('CN=alice');
  writeFileSync(file('server.pem'), `${server.key}\n${server.certificate}`);
  writeFileSync(file('ca.pem'), authority.certificate);
  writeFileSync(file('alice.key'), alice.key);
  writeFileSync(file('alice.pem'), alice.certificate);
  const signer = await generateKeyPair('RS256');
  writeFileSync(
    file('jwks.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(signer.publicKey)), alg: 'RS256' }] }),
  );
  token = await new SignJWT({ sub: 'alice', iss: 'https://issuer.example', aud: 'kafka' })
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(signer.privateKey);
  secure = await startSecureBroker({
    config: {
      listeners: ['SSL', 'MTLS', 'SASL_SSL', 'SASL_PLAINTEXT', 'SHORT']
        .map((name) => `${name}://127.0.0.1:0`)
        .join(','),
      'listener.security.protocol.map':
        'SSL:SSL,MTLS:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SHORT:SASL_PLAINTEXT',
      'ssl.keystore.location': file('server.pem'),
      'ssl.truststore.location': file('ca.pem'),
      'listener.name.mtls.ssl.client.auth': 'required',
      'listener.name.short.connections.max.reauth.ms': '6000',
      'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/L,DEFAULT',
      'sasl.enabled.mechanisms': MECHANISMS.join(','),
      'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(file('jwks.json')).href,
      'sasl.oauthbearer.expected.issuer': 'https://issuer.example',
      'sasl.oauthbearer.expected.audience': 'kafka',
      'authorizer.class.name': 'StandardAuthorizer',
      'super.users': 'User:alice',
      'auto.create.topics.enable': 'false',
    },
    users: { alice: USER.password, bob: 'bob-secret' },
  });
}, 30_000);

afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  if (targetName === 'streaming-core') await secure.stop();
});

function newTopic(): string {
  const topic = unique('secure');
  secure.broker.createTopic({ name: topic, partitions: 1, configs: {} });
  return topic;
}

describeOwn('kafkajs', () => {
  const saslOf = (mechanism: Mechanism): kafkajs.SASLOptions => {
    switch (mechanism) {
      case 'OAUTHBEARER':
        return { mechanism: 'oauthbearer', oauthBearerProvider: () => Promise.resolve({ value: token }) };
      case 'PLAIN':
        return { mechanism: 'plain', ...USER };
      default:
        return { mechanism: mechanism === 'SCRAM-SHA-256' ? 'scram-sha-256' : 'scram-sha-512', ...USER };
    }
  };
  const clientOf = (mechanism: Mechanism): Kafka =>
    new Kafka({
      brokers: [secure.bootstrapServers('SASL_SSL')],
      ssl: { ca: [authority.certificate] },
      sasl: saslOf(mechanism),
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    });

  it.each(MECHANISMS)('writes over TLS with %s', async (mechanism) => {
    const topic = newTopic();
    const producer = clientOf(mechanism).producer();
    await producer.connect();
    const [written] = await producer.send({ topic, messages: [{ value: 'ride' }] });
    expect(written).toMatchObject({ errorCode: 0, baseOffset: '0' });
    await producer.disconnect();
  });

  it('is told of a wrong password', async () => {
    const admin = new Kafka({
      brokers: [secure.bootstrapServers('SASL_PLAINTEXT')],
      sasl: { mechanism: 'scram-sha-512', username: 'alice', password: 'guess' },
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).admin();
    await expect(admin.connect()).rejects.toThrow(/SASL|authentication/i);
  });

  it('makes, describes and deletes rules, and they count', async () => {
    const topic = newTopic();
    const admin = clientOf('SCRAM-SHA-256').admin();
    await admin.connect();
    const bob = new Kafka({
      brokers: [secure.bootstrapServers('SASL_PLAINTEXT')],
      sasl: { mechanism: 'plain', username: 'bob', password: 'bob-secret' },
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).producer();
    await bob.connect();
    const send = () => bob.send({ topic, messages: [{ value: 'x' }] });
    await expect(send()).rejects.toThrow(/not authorized/i);
    const acl = {
      resourceType: kafkajs.AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
      principal: 'User:bob',
      host: '*',
      operation: kafkajs.AclOperationTypes.WRITE,
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    };
    await admin.createAcls({ acl: [acl] });
    await send();
    const { resources } = await admin.describeAcls(acl);
    expect(resources).toMatchObject([{ resourceName: topic, acls: [{ principal: 'User:bob' }] }]);
    const { filterResponses } = await admin.deleteAcls({ filters: [acl] });
    expect(filterResponses[0]!.matchingAcls).toHaveLength(1);
    await expect(send()).rejects.toThrow(/not authorized/i);
    await bob.disconnect();
    await admin.disconnect();
  });
});

describeOwn('@platformatic/kafka', () => {
  const sasl = (mechanism: Mechanism) => (mechanism === 'OAUTHBEARER' ? { mechanism, token } : { mechanism, ...USER });
  const base = () => ({
    clientId: 'secure',
    bootstrapBrokers: [secure.bootstrapServers('SASL_SSL')],
    tls: { ca: authority.certificate },
    retries: 0,
  });

  it.each(MECHANISMS)('writes over TLS with %s', async (mechanism) => {
    const topic = newTopic();
    const producer = new platformatic.Producer({
      ...base(),
      sasl: sasl(mechanism),
      serializers: platformatic.stringSerializers,
    });
    const { offsets } = await producer.send({ messages: [{ topic, value: 'ride' }] });
    expect(offsets).toMatchObject([{ topic, offset: 0n }]);
    await producer.close();
  });

  it('makes users who can then log in, and rules for them', async () => {
    const salt = randomBytes(16);
    const saltedPassword = saltPassword('SCRAM-SHA-256', 'carol-secret', salt, 8_192);
    const connection = new platformatic.Connection('secure', { tls: base().tls, sasl: sasl('SCRAM-SHA-512') });
    await connection.connect('127.0.0.1', secure.port('SASL_SSL'));
    const carol = { name: 'carol', mechanism: 1, iterations: 8_192, salt, saltedPassword };
    const altered = await platformatic.alterUserScramCredentialsV0.api.async(connection, [], [carol]);
    expect(altered.results).toMatchObject([{ user: 'carol', errorCode: 0 }]);
    const described = await platformatic.describeUserScramCredentialsV0.api.async(connection, [{ name: 'carol' }]);
    expect(described.results[0]!.credentialInfos).toEqual([{ mechanism: 1, iterations: 8_192 }]);
    await connection.close();
    const login = { mechanism: 'SCRAM-SHA-256', username: 'carol', password: 'carol-secret' } as const;
    const own = new platformatic.Admin({ ...base(), sasl: login });
    const topic = newTopic();
    expect(await own.listTopics()).not.toContain(topic);
    const admin = new platformatic.Admin({ ...base(), sasl: sasl('PLAIN') });
    const acl = {
      resourceType: platformatic.ResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: platformatic.ResourcePatternTypes.LITERAL,
      principal: 'User:carol',
      host: '*',
      operation: platformatic.AclOperations.DESCRIBE,
      permissionType: platformatic.AclPermissionTypes.ALLOW,
    };
    await admin.createAcls({ creations: [acl] });
    expect(await own.listTopics()).toContain(topic);
    expect(await admin.deleteAcls({ filters: [acl] })).toHaveLength(1);
    await own.close();
    await admin.close();
  });
});

describeOwn('the client of this repository', () => {
  const roundTrip = async (listener: string, security: ConnectionSecurity): Promise<void> => {
    const topic = newTopic();
    const client = createStreamClient({ brokers: secure.bootstrapServers(listener), clientId: 'own', security });
    const producer = await client.producer();
    await producer.send([{ topic, key: null, value: 'ride' }]);
    const values: string[] = [];
    for await (const records of client.reader().readToEnd({ topic, partition: 0 })) {
      values.push(...records.map(({ value }) => String(value)));
    }
    expect(values).toEqual(['ride']);
    await client.close();
  };

  it.each(MECHANISMS)('writes and reads over TLS with %s', (mechanism) =>
    roundTrip('SASL_SSL', {
      tls: { ca: authority.certificate },
      sasl: mechanism === 'OAUTHBEARER' ? { mechanism, token: () => token } : { mechanism, ...USER },
    }),
  );

  it('writes and reads with a certificate of its own', () =>
    roundTrip('MTLS', { tls: { ca: authority.certificate, certificate: alice.certificate, key: alice.key } }));

  it('authenticates again before its time is over, and goes on', async () => {
    const topic = newTopic();
    const warnings: string[] = [];
    const client = createStreamClient({
      brokers: secure.bootstrapServers('SHORT'),
      clientId: 'own',
      security: { sasl: { mechanism: 'SCRAM-SHA-512', ...USER } },
      onWarning: ({ message }) => warnings.push(message),
    });
    const producer = await client.producer();
    let sent = 0;
    /** Whether the connection lived through two logins: the client renews one when four fifths of its time are over. */
    const outlivesLogins = async (): Promise<boolean> => {
      warnings.length = 0;
      const untilMs = Date.now() + 10_000;
      for (; Date.now() < untilMs; sent++) {
        await producer.send([{ topic, key: null, value: String(sent) }]);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return warnings.length === 0;
    };
    // On a machine that stalls for a second the client is late, and the broker right to close the connection.
    const hasOutlived = (await outlivesLogins()) || (await outlivesLogins()) || (await outlivesLogins());
    expect({ hasOutlived, warnings }).toEqual({ hasOutlived: true, warnings: [] });
    const { end } = await client.reader().bounds({ topic, partition: 0 });
    expect(end).toBe(BigInt(sent));
    await client.close();
  }, 60_000);

  it('fails at once with a wrong password', async () => {
    const sasl = { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'guess' } as const;
    const brokers = secure.bootstrapServers('SASL_PLAINTEXT');
    const client = createStreamClient({ brokers, clientId: 'own', security: { sasl } });
    await expect(client.admin().partitionCounts(['any'])).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    await client.close();
  });
});

(isOwn ? describeWithLibrdkafka : describeOwn)('librdkafka', () => {
  const configurationOf = (mechanism: Mechanism) => ({
    'security.protocol': 'sasl_ssl',
    'ssl.ca.location': file('ca.pem'),
    'sasl.mechanisms': mechanism,
    'sasl.username': USER.username,
    'sasl.password': USER.password,
  });

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('writes over TLS with %s', async (mechanism) => {
    const topic = newTopic();
    const client = librdkafkaClient(secure.bootstrapServers('SASL_SSL'), {
      securityProtocol: 'SaslSsl',
      configuration: configurationOf(mechanism),
    });
    const producer = client.createProducer({ configuration: { 'message.timeout.ms': 10_000 } });
    const delivered = await producer.send({ topic, messages: [{ payload: Buffer.from('ride') }] });
    expect(delivered).toMatchObject([{ offset: 0 }]);
  });
});

(isOwn ? describeWithJava : describeOwn)('Java', () => {
  const overTls = ['ssl.truststore.type=PEM', `ssl.truststore.location=${file('ca.pem')}`];
  const jaas = (login: string): string =>
    `org.apache.kafka.common.security.${login} required username="${USER.username}" password="${USER.password}";`;
  /** Writes a record and reads it. */
  const roundTrip = async (listener: string, ...properties: readonly string[]): Promise<void> => {
    const at = ['--bootstrap-server', secure.bootstrapServers(listener), '--topic', newTopic()];
    const each = (option: string) => properties.flatMap((property) => [option, property]);
    const written = await runTool('kafka-console-producer', [...at, ...each('--producer-property')], 'ride\n');
    expect(written).toMatchObject({ code: 0 });
    const limits = ['--from-beginning', '--max-messages', '1', '--timeout-ms', '20000'];
    const read = await runTool('kafka-console-consumer', [...at, ...limits, ...each('--consumer-property')]);
    expect(read.output.split('\n')).toContain('ride');
  };

  it.each([
    ['PLAIN', 'plain.PlainLoginModule'],
    ['SCRAM-SHA-256', 'scram.ScramLoginModule'],
    ['SCRAM-SHA-512', 'scram.ScramLoginModule'],
  ])('writes and reads over TLS with %s', async (mechanism, login) => {
    const sasl = ['security.protocol=SASL_SSL', `sasl.mechanism=${mechanism}`, `sasl.jaas.config=${jaas(login)}`];
    await roundTrip('SASL_SSL', ...overTls, ...sasl);
  });

  it('writes and reads with a certificate of its own', async () => {
    writeFileSync(file('alice.both.pem'), `${alice.key}\n${alice.certificate}`);
    const own = ['ssl.keystore.type=PEM', `ssl.keystore.location=${file('alice.both.pem')}`];
    await roundTrip('MTLS', 'security.protocol=SSL', ...overTls, ...own);
  });
});

(isOwn ? describeWithKcat : describeOwn)('kcat (whatever librdkafka it has)', () => {
  const settings = (...pairs: readonly string[]): string[] => pairs.flatMap((pair) => ['-X', pair]);

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('writes and reads with %s', async (mechanism) => {
    const topic = newTopic();
    const at = ['-b', secure.bootstrapServers('SASL_PLAINTEXT'), '-t', topic];
    const sasl = settings(
      'security.protocol=sasl_plaintext',
      `sasl.mechanisms=${mechanism}`,
      `sasl.username=${USER.username}`,
      `sasl.password=${USER.password}`,
    );
    expect(await kcat(['-P', ...at, ...sasl], 'ride\n')).toMatchObject({ code: 0 });
    expect(await kcat(['-C', '-e', '-q', ...at, ...sasl])).toMatchObject({ code: 0, out: 'ride\n' });
  });

  it('shows its certificate', async () => {
    const at = ['-b', secure.bootstrapServers('MTLS')];
    const tls = settings('security.protocol=ssl', `ssl.ca.location=${file('ca.pem')}`);
    const own = settings(`ssl.certificate.location=${file('alice.pem')}`, `ssl.key.location=${file('alice.key')}`);
    const topic = newTopic();
    const seen = await kcat(['-L', ...at, ...tls, ...own]);
    expect(seen).toMatchObject({ code: 0 });
    expect(seen.out).toContain(topic);
    // Without a certificate of its own it stays outside, and without a user's rights it sees nothing.
    expect((await kcat(['-L', '-m', '3', ...at, ...tls])).code).toBe(1);
    const anonymous = await kcat(['-L', '-b', secure.bootstrapServers('SSL'), ...tls]);
    expect(anonymous).toMatchObject({ code: 0 });
    expect(anonymous.out).not.toContain(topic);
  });
});

describeOwn('a certificate', () => {
  it('is renewed without a restart', async () => {
    const renewed = await authority.issue('CN=renewed');
    writeFileSync(file('server.pem'), `${renewed.key}\n${renewed.certificate}`);
    secure.broker.reloadCertificates();
    const { connect } = await import('node:tls');
    const socket = connect({ host: '127.0.0.1', port: secure.port('SSL'), ca: authority.certificate });
    let subject = '';
    socket.once('secureConnect', () => (subject = socket.getPeerX509Certificate()!.subject));
    await until('the new certificate', () => subject === 'CN=renewed');
    socket.destroy();
  });
});
