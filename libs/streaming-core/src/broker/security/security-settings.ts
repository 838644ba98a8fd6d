import { bool, choice, int, INT_MAX, secret, text, waitMs, type Setting } from '../setting-types.js';

/** Listeners, TLS, SASL, access rules: Apache Kafka's names. Those of {@link LISTENER_SETTINGS} may differ by listener. */
export const SECURITY_SETTINGS = {
  listeners: text(
    '',
    'Where to listen: `NAME://host:port`, several with commas between; port 0 picks a free one, no host is the loopback. Default: PLAINTEXT on --host and --port.',
  ),
  'advertised.listeners': text('', 'What clients are told to connect to, by listener. Default: where it listens.'),
  'listener.security.protocol.map': text(
    'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'The protocol that each listener name speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.',
  ),
  'ssl.keystore.type': choice('PEM', ['PEM', 'PKCS12'], 'Form of the file at ssl.keystore.location.'),
  'ssl.keystore.location': text('', 'File with the private key and the certificate chain.'),
  'ssl.keystore.password': secret('Password of a PKCS12 keystore.'),
  'ssl.keystore.key': secret('The private key itself, as PEM.'),
  'ssl.keystore.certificate.chain': text('', 'The certificate chain itself, as PEM.'),
  'ssl.key.location': text('', "File with the private key, as PEM (librdkafka's name)."),
  'ssl.key.password': secret('Password of the private key.'),
  'ssl.certificate.location': text('', "File with the certificate chain, as PEM (librdkafka's name)."),
  'ssl.truststore.type': choice('PEM', ['PEM'], 'Form of the file at ssl.truststore.location.'),
  'ssl.truststore.location': text('', 'File with the certificates of the authorities that sign those of clients.'),
  'ssl.truststore.certificates': text('', 'The certificates of those authorities themselves, as PEM.'),
  'ssl.ca.location': text('', "As ssl.truststore.location (librdkafka's name)."),
  'ssl.client.auth': choice(
    'none',
    ['none', 'requested', 'required'],
    'Whether clients show a certificate. One that is shown must be valid in any case.',
  ),
  'ssl.principal.mapping.rules': text(
    'DEFAULT',
    "How the name in a client's certificate becomes a user: `RULE:pattern/replacement/[LU]`, or DEFAULT for the whole name.",
  ),
  'ssl.enabled.protocols': text('TLSv1.2,TLSv1.3', 'TLS versions that are spoken.'),
  'ssl.cipher.suites': text('', "Cipher suites by OpenSSL's names, colons between. Default: Node's."),
  'sasl.enabled.mechanisms': text(
    'SCRAM-SHA-256,SCRAM-SHA-512',
    'SASL mechanisms on offer: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.',
  ),
  'sasl.jaas.config': secret(
    'Users of the mechanism PLAIN beside those with SCRAM credentials: `... required user_alice="password";`. Per listener and mechanism: listener.name.<listener>.plain.sasl.jaas.config.',
  ),
  'sasl.server.max.receive.size': int(524_288, 'Largest request of a client that has not authenticated.', 1_024),
  'sasl.oauthbearer.jwks.endpoint.url': text('', 'Keys that sign tokens: an https:, http: or file: URL of a JWKS.'),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': waitMs(3_600_000, 'Time between two looks at the keys.'),
  'sasl.oauthbearer.expected.issuer': text('', 'The `iss` that a token must have.'),
  'sasl.oauthbearer.expected.audience': text('', '`aud` values of which a token must have one; commas between.'),
  'sasl.oauthbearer.clock.skew.seconds': int(30, 'How far the clocks of issuer and broker may be apart.', 0, 3_600),
  'sasl.oauthbearer.sub.claim.name': text('sub', 'The claim that names the user.'),
  'sasl.oauthbearer.unsecured.tokens': bool(
    false,
    'Takes tokens without a signature (`alg: none`) too: whoever connects may be anybody. For tests alone. Not a setting of Apache Kafka.',
  ),
  'connections.max.reauth.ms': {
    type: 'long',
    default: '0',
    doc: 'After so long a SASL client must authenticate again (KIP-368); 0 is never.',
    min: 0,
    max: INT_MAX,
  },
  'connection.failed.authentication.delay.ms': int(
    100,
    'How long the answer to a failed authentication is held back.',
    0,
    10_000,
  ),
  'connection.authentication.timeout.ms': waitMs(
    10_000,
    'A client that has not authenticated by then is gone, TLS handshake included. Not a setting of Apache Kafka.',
  ),
  'max.connections.per.ip': int(INT_MAX, 'Most connections from one address at a time; more are closed at once.'),
  'max.connections.per.ip.overrides': text('', 'The same for single addresses: `address:count`, commas between.'),
  'authorizer.class.name': choice(
    '',
    ['', 'StandardAuthorizer', 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'],
    'Turns access rules (ACLs) on. Then nobody but super.users may do what no rule allows.',
  ),
  'super.users': text('', 'Principals that may do everything: `User:admin`, semicolons between.'),
  'allow.everyone.if.no.acl.found': bool(false, 'Whether a resource that no rule covers is open to everybody.'),
  'max.acls': int(10_000, 'Most access rules. Not a setting of Apache Kafka.', 1, 1_000_000),
  'max.scram.users': int(10_000, 'Most users with SCRAM credentials. Not a setting of Apache Kafka.', 1, 1_000_000),
} as const satisfies Record<string, Setting>;

/** What may be set for one listener alone, as `listener.name.<name in lower case>.<setting>`. */
export function isListenerSetting(name: string): boolean {
  return (
    /^(ssl|sasl)\./.test(name) ||
    name === 'connections.max.reauth.ms' ||
    /^(plain|scram-sha-256|scram-sha-512|oauthbearer)\.sasl\.jaas\.config$/.test(name)
  );
}

/** The setting that a name with a listener's prefix stands for, without any mechanism; null for other names. */
export function listenerSettingBase(name: string): string | null {
  const match = /^listener\.name\.[^.]+\.(.+)$/.exec(name);
  if (!match || !isListenerSetting(match[1]!)) return null;
  return match[1]!.replace(/^(plain|scram-sha-256|scram-sha-512|oauthbearer)\.(?=sasl\.)/, '');
}
