/** The client's side of SASL, over a raw connection. For tests. */
import { hash, hmac, saltPassword, type ScramMechanism } from '../src/security/scram-credential.ts';
import type { Response } from '../src/wire/apis/registry.ts';
import type { RawClient } from './raw-client.ts';

export const plainToken = (user: string, password: string, authzid = ''): Buffer =>
  Buffer.from(`${authzid}\0${user}\0${password}`);

export const oauthToken = (token: string): Buffer => Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`);

/** Chooses a mechanism and sends one token. */
export async function authenticate(client: RawClient, mechanism: string, token: Buffer): Promise<Response<36>> {
  const { errorCode } = await client.ask(17, 1, { mechanism });
  if (errorCode !== 0) throw new Error(`SaslHandshake is answered by ${errorCode}`);
  return client.ask(36, 2, { authBytes: token });
}

export const plain = (client: RawClient, user: string, password: string): Promise<Response<36>> =>
  authenticate(client, 'PLAIN', plainToken(user, password));

/** The whole of SCRAM (RFC 5802); resolves with the last answer. */
export async function scram(
  client: RawClient,
  mechanism: ScramMechanism,
  user: string,
  password: string,
): Promise<Response<36>> {
  const bare = `n=${user},r=fyko+d2lbbFgONRv9qkxdawL`;
  const first = await authenticate(client, mechanism, Buffer.from(`n,,${bare}`));
  if (first.errorCode !== 0) return first;
  const serverFirst = first.authBytes.toString();
  const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst)!;
  const salted = saltPassword(mechanism, password, Buffer.from(salt!, 'base64'), Number(iterations));
  const clientKey = hmac(mechanism, salted, 'Client Key');
  const unproved = `c=biws,r=${nonce}`;
  const authMessage = `${bare},${serverFirst},${unproved}`;
  const signature = hmac(mechanism, hash(mechanism, clientKey), authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!)).toString('base64');
  const last = await client.ask(36, 2, { authBytes: Buffer.from(`${unproved},p=${proof}`) });
  const expected = `v=${hmac(mechanism, hmac(mechanism, salted, 'Server Key'), authMessage).toString('base64')}`;
  if (last.errorCode === 0 && last.authBytes.toString() !== expected)
    throw new Error('the server has not proved itself');
  return last;
}
