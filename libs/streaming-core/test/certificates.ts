/** Certificates made on the spot. For tests. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const { subtle } = webcrypto;
x509.cryptoProvider.set(globalThis.crypto);

/** A private key and its certificate, as PEM. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
}

export interface Authority extends Identity {
  /** A certificate for a server on the loopback, or for a client; `days` of less than 0 is one that has run out. */
  issue(subject: string, options?: { readonly days?: number }): Promise<Identity>;
}

let serial = 0;
const nextSerial = (): string => (serial += 1).toString(16).padStart(16, '1');

export async function createAuthority(subject = 'CN=Test Authority'): Promise<Authority> {
  const keys = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: subject,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue: Authority['issue'] = async (name, { days = 1 } = {}) => {
    const own = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: nextSerial(),
      subject: name,
      issuer: authority.subject,
      notBefore: new Date(Date.now() - 2 * DAY_MS),
      notAfter: new Date(Date.now() + days * DAY_MS),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
        ]),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      ],
    });
    return { key: await pemOf(own.privateKey), certificate: certificate.toString('pem') };
  };
  return { key: await pemOf(keys.privateKey), certificate: authority.toString('pem'), issue };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
