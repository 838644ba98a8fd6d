import { readFileSync } from 'node:fs';
import type { TlsServerOptions, TlsVersion } from '../../ports/network.js';
import { BrokerConfigError, type BrokerConfig } from '../config.js';
import type { BrokerSettingName } from '../settings.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const satisfies readonly TlsVersion[];

/** What a listener's TLS needs, its files read anew. @throws {BrokerConfigError} */
export function tlsOptionsOf(config: BrokerConfig, listener: string): TlsServerOptions {
  const text = (name: BrokerSettingName): string => config.listenerText(listener, name);
  /** The first of these settings that is given: PEM text itself, or a file that has it. */
  const pem = (inline: BrokerSettingName | null, ...files: readonly BrokerSettingName[]): string => {
    if (inline !== null && text(inline) !== '') return text(inline);
    const setting = files.find((name) => text(name) !== '');
    return setting === undefined ? '' : read(setting, text(setting)).toString('utf8');
  };
  const isPkcs12 = text('ssl.keystore.type') === 'PKCS12';
  const key = isPkcs12 ? '' : pem('ssl.keystore.key', 'ssl.key.location', 'ssl.keystore.location');
  const certificateChain = isPkcs12
    ? ''
    : pem('ssl.keystore.certificate.chain', 'ssl.certificate.location', 'ssl.keystore.location');
  if (!isPkcs12 && (key === '' || certificateChain === '')) {
    const problem =
      'no private key and certificate: set ssl.keystore.location, or ssl.key.location and ssl.certificate.location';
    throw new BrokerConfigError(`listener ${listener} has ${problem}`);
  }
  const passphrase = (isPkcs12 ? text('ssl.keystore.password') : '') || text('ssl.key.password');
  const ciphers = text('ssl.cipher.suites').replaceAll(',', ':');
  return {
    key,
    certificateChain,
    ...(isPkcs12 ? { pfx: read('ssl.keystore.location', text('ssl.keystore.location')) } : {}),
    ...(passphrase === '' ? {} : { passphrase }),
    clientAuthorities: pem('ssl.truststore.certificates', 'ssl.truststore.location', 'ssl.ca.location'),
    clientAuth: text('ssl.client.auth') as TlsServerOptions['clientAuth'],
    ...versionsOf(text('ssl.enabled.protocols')),
    ...(ciphers === '' ? {} : { ciphers }),
  };
}

function read(setting: BrokerSettingName, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new BrokerConfigError(`${setting}: cannot read ${file}: ${(error as Error).message}`);
  }
}

function versionsOf(protocols: string): Pick<TlsServerOptions, 'minVersion' | 'maxVersion'> {
  const names = protocols.split(',').map((name) => name.trim());
  const known = VERSIONS.filter((version) => names.includes(version));
  if (known.length === 0 || known.length < new Set(names).size) {
    throw new BrokerConfigError(`ssl.enabled.protocols: must name one or more of ${VERSIONS.join(', ')}`);
  }
  return { minVersion: known[0]!, maxVersion: known.at(-1)! };
}
