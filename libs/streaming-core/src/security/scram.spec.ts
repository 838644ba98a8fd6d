import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { credentialOf, hash, hmac, saltPassword, type ScramMechanism } from './scram-credential.js';
import { ScramServer, type ScramUsers } from './scram-server.js';

interface Vector {
  readonly mechanism: ScramMechanism;
  readonly salt: string;
  readonly serverNonce: string;
  readonly clientFirst: string;
  readonly serverFirst: string;
  readonly clientFinal: string;
  readonly serverFinal: string;
}

/** RFC 7677, section 3: user "user", password "pencil". */
const RFC_7677: Vector = {
  mechanism: 'SCRAM-SHA-256',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

function usersOf({ mechanism, salt }: Pick<Vector, 'mechanism' | 'salt'>): ScramUsers {
  const bytes = Buffer.from(salt, 'base64');
  const known = credentialOf(mechanism, bytes, 4_096, saltPassword(mechanism, 'pencil', bytes, 4_096));
  const nothing = createHash(mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512')
    .update('nobody')
    .digest();
  return {
    credential: (user) => (user === 'user' || user === 'a,b=c' ? known : null),
    decoy: () => ({ salt: bytes, iterations: 4_096, storedKey: nothing, serverKey: nothing }),
  };
}

const server = (vector: Vector = RFC_7677): ScramServer =>
  new ScramServer(vector.mechanism, usersOf(vector), vector.serverNonce);

/** What a client answers: RFC 5802, section 3. `nonceOf` lets it answer wrongly. */
function proofOf(
  vector: Vector,
  { password = 'pencil', user = 'user', gs2 = 'n,,', nonceOf = (nonce: string) => nonce } = {},
): { clientFirst: string; clientFinal: (serverFirst: string) => string } {
  const { mechanism } = vector;
  const bare = `n=${user},r=abcdef`;
  return {
    clientFirst: gs2 + bare,
    clientFinal: (serverFirst) => {
      const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst)!;
      const salted = saltPassword(mechanism, password, Buffer.from(salt!, 'base64'), Number(iterations));
      const clientKey = hmac(mechanism, salted, 'Client Key');
      const unproved = `c=${Buffer.from(gs2).toString('base64')},r=${nonceOf(nonce!)}`;
      const signature = hmac(mechanism, hash(mechanism, clientKey), `${bare},${serverFirst},${unproved}`);
      return `${unproved},p=${Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!)).toString('base64')}`;
    },
  };
}

function run(vector: Vector, options: Parameters<typeof proofOf>[1] = {}) {
  const exchange = server(vector);
  const client = proofOf(vector, options);
  const first = exchange.step(Buffer.from(client.clientFirst));
  if (first.kind !== 'challenge') return first;
  return exchange.step(Buffer.from(client.clientFinal(first.bytes.toString())));
}

describe('ScramServer', () => {
  it('says what RFC 7677 says, byte for byte', () => {
    const exchange = server();
    expect(exchange.step(Buffer.from(RFC_7677.clientFirst))).toEqual({
      kind: 'challenge',
      bytes: Buffer.from(RFC_7677.serverFirst),
    });
    expect(exchange.step(Buffer.from(RFC_7677.clientFinal))).toEqual({
      kind: 'authenticated',
      bytes: Buffer.from(RFC_7677.serverFinal),
      user: 'user',
      expiresAtMs: null,
    });
  });

  const sha512: Vector = { ...RFC_7677, mechanism: 'SCRAM-SHA-512' };

  it.each([RFC_7677, sha512])('lets in who knows the password, and nobody else: %p', (vector) => {
    expect(run(vector)).toMatchObject({ kind: 'authenticated', user: 'user' });
    expect(run(vector, { password: 'pencils' })).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('wrong password'),
    });
  });

  it('does not show by its first answer who exists', () => {
    const known = server().step(Buffer.from('n,,n=user,r=abc'));
    const unknown = server().step(Buffer.from('n,,n=nobody,r=abc'));
    expect(unknown).toEqual(known);
    expect(run(RFC_7677, { user: 'nobody' })).toMatchObject({ kind: 'failed' });
  });

  it('reads names with commas and equals signs', () => {
    expect(run(RFC_7677, { user: 'a=2Cb=3Dc' })).toMatchObject({ kind: 'authenticated', user: 'a,b=c' });
    expect(run(RFC_7677, { user: 'a=2cb' })).toMatchObject({ kind: 'failed' });
  });

  it('takes the nonce of librdkafka before 2.6.1, and no other', () => {
    expect(run(RFC_7677, { nonceOf: (nonce) => `abcdef${nonce}` })).toMatchObject({ kind: 'authenticated' });
    for (const nonceOf of [
      (nonce: string) => nonce.slice(0, -1),
      (nonce: string) => `${nonce}x`,
      (nonce: string) => `x${nonce}`,
      () => 'abcdef',
    ]) {
      expect(run(RFC_7677, { nonceOf })).toMatchObject({ kind: 'failed', detail: expect.stringContaining('nonce') });
    }
  });

  it.each([
    ['a message of nothing', ''],
    ['channel binding', 'p=tls-unique,,n=user,r=abc'],
    ['a mandatory extension', 'n,,m=x,n=user,r=abc'],
    ['another authorization id', 'n,a=root,n=user,r=abc'],
    ['no nonce', 'n,,n=user'],
    ['a nonce with a comma in it', 'n,,n=user,r=a,b'],
    ['a delegation token', 'n,,n=user,r=abc,tokenauth=true'],
    ['a message without end', `n,,n=user,r=${'x'.repeat(10_000)}`],
  ])('refuses %s', (_, clientFirst) => {
    expect(server().step(Buffer.from(clientFirst))).toMatchObject({ kind: 'failed' });
  });

  it('takes the user as their own authorization id', () => {
    expect(run(RFC_7677, { gs2: 'n,a=user,' })).toMatchObject({ kind: 'authenticated' });
  });

  it('refuses a changed channel binding, and a proof of another length', () => {
    const exchange = server();
    exchange.step(Buffer.from(RFC_7677.clientFirst));
    expect(exchange.step(Buffer.from(RFC_7677.clientFinal.replace('biws', 'eSws')))).toMatchObject({ kind: 'failed' });
    const shorter = server();
    shorter.step(Buffer.from(RFC_7677.clientFirst));
    expect(shorter.step(Buffer.from(RFC_7677.clientFinal.replace(/p=.*/, 'p=AAAA')))).toMatchObject({ kind: 'failed' });
  });

  it('never throws, and lets nobody in by chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (one, two) => {
        const exchange = server();
        if (exchange.step(Buffer.from(one)).kind === 'challenge') {
          expect(exchange.step(Buffer.from(two)).kind).toBe('failed');
        }
        const second = server();
        second.step(Buffer.from(RFC_7677.clientFirst));
        expect(second.step(Buffer.from(two)).kind).toBe('failed');
      }),
    );
  });
});
