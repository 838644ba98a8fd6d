import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectionOptionsOf, securityFromEnv, securityFromFile, securityFromProperties } from './security.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-client-security-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function file(name: string, contents: string): string {
  const at = path.join(scratch, name);
  writeFileSync(at, contents);
  return at;
}

describe('security of a client', () => {
  it('is none unless asked for', () => {
    expect(securityFromProperties({})).toBeUndefined();
    expect(securityFromEnv({ KAFKA_SECURITY_PROTOCOL: ' ' })).toBeUndefined();
    expect(connectionOptionsOf(undefined, ['a'])).toEqual({});
  });

  it('comes from a file as Kafka’s tools take it', () => {
    const at = file(
      'client.properties',
      [
        '# admin',
        'security.protocol=SASL_SSL',
        'sasl.mechanism = SCRAM-SHA-512',
        'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\',
        '  username="admin" password="a=\\"b";',
        `ssl.truststore.location=${file('ca.pem', 'CA')}`,
        'ssl.truststore.type=PEM',
      ].join('\n'),
    );
    expect(securityFromFile(at)).toEqual({
      tls: { ca: 'CA' },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'admin', password: 'a="b' },
    });
  });

  it('comes from variables, with a certificate of its own', () => {
    const env = {
      KAFKA_SECURITY_PROTOCOL: 'ssl',
      KAFKA_SSL_CA_LOCATION: file('ca.pem', 'CA'),
      KAFKA_SSL_CERTIFICATE_LOCATION: file('cert.pem', 'CERT'),
      KAFKA_SSL_KEY_LOCATION: file('key.pem', 'KEY'),
    };
    const security = securityFromEnv(env);
    expect(security).toEqual({ tls: { ca: 'CA', certificate: 'CERT', key: 'KEY' } });
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY' };
    expect(connectionOptionsOf(security, ['broker'])).toEqual({ tls, tlsServerName: true });
    expect(connectionOptionsOf(security, ['broker', '10.0.0.1'])).toEqual({ tls, tlsServerName: false });
  });

  it('gives the library its mechanism', () => {
    const token = (): string => 'abc';
    expect(connectionOptionsOf({ sasl: { mechanism: 'OAUTHBEARER', token } }, [])).toEqual({
      sasl: { mechanism: 'OAUTHBEARER', token },
    });
    expect(connectionOptionsOf({ sasl: { mechanism: 'SCRAM-SHA-256', username: 'a', password: 'b' } }, [])).toEqual({
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'a', password: 'b' },
    });
  });

  it.each([
    [{ KAFKA_SECURITY_PROTOCOL: 'TLS' }, /^KAFKA_SECURITY_PROTOCOL: must be one of/],
    [{ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, /^KAFKA_SASL_MECHANISM: must be one of/],
    [{ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'PLAIN' }, /^KAFKA_SASL_USERNAME: is missing/],
    [
      { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_LOCATION: '/nowhere/ca.pem' },
      /^KAFKA_SSL_CA_LOCATION: cannot read/,
    ],
  ])('says what is wrong with %j', (env, message) => {
    expect(() => securityFromEnv(env)).toThrow(message);
  });
});
