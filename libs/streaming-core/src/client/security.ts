// Its type alone: the command line reads its security here, and the library takes longer to load than a broker to start.
import type { ConnectionOptions } from '@platformatic/kafka';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';

/** How to reach a cluster that asks who one is. Certificates and keys are PEM text. */
export interface ConnectionSecurity {
  /** Left out: no TLS. `{}`: TLS with the authorities that the runtime trusts. */
  readonly tls?: {
    /** Who signs the brokers' certificates. */
    readonly ca?: string;
    /** What to show to brokers that ask for a certificate. */
    readonly certificate?: string;
    readonly key?: string;
    readonly passphrase?: string;
    /** Default true. False takes any certificate for any name: for tests. */
    readonly verify?: boolean;
  };
  readonly sasl?: {
    readonly mechanism: SaslMechanism;
    readonly username?: string;
    readonly password?: string;
    /** For OAUTHBEARER: a token, or where to get one, asked at each connection. */
    readonly token?: string | (() => string | Promise<string>);
  };
}

/** A setting that cannot be, by its name. */
export class ClientSecurityError extends Error {
  override readonly name = 'ClientSecurityError';
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];
const MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

/** The properties that are understood: Apache Kafka's names, and librdkafka's where those are simpler. */
export const SECURITY_PROPERTIES = [
  'security.protocol',
  'sasl.mechanism',
  'sasl.username',
  'sasl.password',
  'sasl.jaas.config',
  'sasl.oauthbearer.token',
  'ssl.ca.location',
  'ssl.certificate.location',
  'ssl.key.location',
  'ssl.key.password',
  'ssl.truststore.location',
  'ssl.keystore.location',
  'ssl.endpoint.identification.algorithm',
] as const;
type SecurityProperty = (typeof SECURITY_PROPERTIES)[number];

/** What the library takes, for connections to these hosts. */
export function connectionOptionsOf(
  security: ConnectionSecurity | undefined,
  hosts: readonly string[],
): Pick<ConnectionOptions, 'tls' | 'tlsServerName' | 'sasl'> {
  const { tls, sasl } = security ?? {};
  return {
    ...(tls && {
      tls: {
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
        ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
        ...(tls.verify === false ? { rejectUnauthorized: false } : {}),
      },
      // An address is no name to ask for (RFC 6066); the certificate must have it all the same.
      tlsServerName: hosts.every((host) => isIP(host) === 0),
    }),
    ...(sasl && { sasl }),
  };
}

/** Undefined if nothing asks for security. @throws {ClientSecurityError} */
export function securityFromProperties(
  properties: Readonly<Partial<Record<string, string>>>,
): ConnectionSecurity | undefined {
  const value = (name: SecurityProperty): string | undefined => properties[name]?.trim() || undefined;
  const protocol = value('security.protocol')?.toUpperCase() ?? 'PLAINTEXT';
  if (!PROTOCOLS.includes(protocol)) {
    throw new ClientSecurityError(`security.protocol: must be one of ${PROTOCOLS.join(', ')}`);
  }
  if (protocol === 'PLAINTEXT') return undefined;
  return {
    ...(protocol.endsWith('SSL') ? { tls: tlsFrom(properties, value) } : {}),
    ...(protocol.startsWith('SASL') ? { sasl: saslFrom(value) } : {}),
  };
}

/** As {@link securityFromProperties}, from variables: `security.protocol` is KAFKA_SECURITY_PROTOCOL, and so on. */
export function securityFromEnv(
  env: Readonly<Partial<Record<string, string>>> = process.env,
): ConnectionSecurity | undefined {
  const named = SECURITY_PROPERTIES.map((name) => [name, env[variableOf(name)]] as const);
  try {
    return securityFromProperties(Object.fromEntries(named));
  } catch (error) {
    if (!(error instanceof ClientSecurityError)) throw error;
    // A name at the front is a property: who set a variable looks for that.
    throw new ClientSecurityError(error.message.replace(/^[a-z.]+(?=:)/, variableOf));
  }
}

/** Reads a file of properties, as Kafka's tools take it with --command-config. @throws {ClientSecurityError} */
export function securityFromFile(file: string): ConnectionSecurity | undefined {
  return securityFromProperties(parseProperties(read('--command-config', file)));
}

export const variableOf = (property: string): string => `KAFKA_${property.toUpperCase().replaceAll('.', '_')}`;

/** Java's properties as people write them: `name=value` a line, `#` before a remark, a backslash goes on with the next line. */
export function parseProperties(text: string): Record<string, string> {
  const lines = text
    .replaceAll(/\\\r?\n\s*/g, '')
    .split(/\r?\n/)
    .map((line) => line.trim());
  return Object.fromEntries(
    lines
      .filter((line) => line !== '' && !/^[#!]/.test(line))
      .map((line) => {
        const [, name, value] = /^([^=:\s]+)\s*[=:\s]\s*(.*)$/.exec(line) ?? [null, line, ''];
        return [name, value] as const;
      }),
  );
}

function tlsFrom(
  properties: Readonly<Partial<Record<string, string>>>,
  value: (name: SecurityProperty) => string | undefined,
): NonNullable<ConnectionSecurity['tls']> {
  const pem = (...names: readonly SecurityProperty[]): string | undefined => {
    const name = names.find((each) => value(each) !== undefined);
    return name === undefined ? undefined : read(name, value(name)!);
  };
  const ca = pem('ssl.ca.location', 'ssl.truststore.location');
  const certificate = pem('ssl.certificate.location', 'ssl.keystore.location');
  const key = pem('ssl.key.location', 'ssl.keystore.location');
  const passphrase = value('ssl.key.password');
  if (properties['ssl.endpoint.identification.algorithm']?.trim() === '') {
    const problem = 'the name in the certificate is always compared; leave it out';
    throw new ClientSecurityError(`ssl.endpoint.identification.algorithm: ${problem}`);
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function saslFrom(value: (name: SecurityProperty) => string | undefined): NonNullable<ConnectionSecurity['sasl']> {
  const mechanism = MECHANISMS.find((name) => name === value('sasl.mechanism')?.toUpperCase());
  if (mechanism === undefined) {
    throw new ClientSecurityError(`sasl.mechanism: must be one of ${MECHANISMS.join(', ')}`);
  }
  if (mechanism === 'OAUTHBEARER') {
    const token = value('sasl.oauthbearer.token');
    if (token === undefined) throw new ClientSecurityError('sasl.oauthbearer.token: is missing');
    return { mechanism, token };
  }
  const jaas = value('sasl.jaas.config') ?? '';
  const username = value('sasl.username') ?? jaasOption(jaas, 'username');
  const password = value('sasl.password') ?? jaasOption(jaas, 'password');
  if (username === undefined) throw new ClientSecurityError('sasl.username: is missing');
  if (password === undefined) throw new ClientSecurityError('sasl.password: is missing');
  return { mechanism, username, password };
}

function jaasOption(jaas: string, name: string): string | undefined {
  const [, quoted, bare] = new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s";]+))`).exec(jaas) ?? [];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ClientSecurityError(`${setting}: cannot read ${file}: ${(error as Error).message}`);
  }
}
