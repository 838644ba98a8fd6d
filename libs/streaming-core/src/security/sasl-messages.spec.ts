import { describe, expect, it } from '@jest/globals';
import { parseOauthBearerMessage } from './sasl-oauthbearer.js';
import { parseJaasUsers, parsePlainMessage } from './sasl-plain.js';
import { SslPrincipalMapper } from './ssl-principal-mapper.js';

describe('PLAIN (RFC 4616)', () => {
  it('reads the examples of the RFC', () => {
    expect(parsePlainMessage(Buffer.from('\0tim\0tanstaaftanstaaf'))).toEqual({
      authorizationId: '',
      user: 'tim',
      password: 'tanstaaftanstaaf',
    });
    expect(parsePlainMessage(Buffer.from('Ursel\0Kurt\0xipj3plmq'))).toEqual({
      authorizationId: 'Ursel',
      user: 'Kurt',
      password: 'xipj3plmq',
    });
  });

  it.each(['', '\0', '\0\0', '\0user\0', '\0\0password', 'a\0b\0c\0d', 'user'])('refuses %j', (message) => {
    expect(parsePlainMessage(Buffer.from(message))).toBeNull();
  });

  it('reads users from a JAAS configuration', () => {
    const jaas =
      'org.apache.kafka.common.security.plain.PlainLoginModule required\n username="broker" password="x" user_alice="sec\\"ret" user_bob=plain user_bob-2="b;2";';
    expect([...parseJaasUsers(jaas)]).toEqual([
      ['alice', 'sec"ret'],
      ['bob', 'plain'],
      ['bob-2', 'b;2'],
    ]);
  });
});

describe('OAUTHBEARER (RFC 7628)', () => {
  it('reads the example of the RFC', () => {
    const message =
      'n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01';
    expect(parseOauthBearerMessage(Buffer.from(message))).toEqual({
      authorizationId: 'user@example.com',
      token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
    });
  });

  it.each([
    '',
    '\x01',
    'n,,\x01\x01',
    'n,,\x01auth=Basic abc\x01\x01',
    'n,,\x01auth=Bearer \x01\x01',
    'n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01',
    'y,,\x01auth=Bearer a\x01\x01',
    'n,,\x01auth=Bearer a\x01',
  ])('refuses %j', (message) => {
    expect(parseOauthBearerMessage(Buffer.from(message))).toBeNull();
  });
});

describe('SslPrincipalMapper', () => {
  const subject = 'CN=Service.Dispatch,OU=Rides,O=Ridestream';

  it.each([
    ['', subject],
    ['DEFAULT', subject],
    ['RULE:^CN=(.*?),OU=Rides.*$/$1/', 'Service.Dispatch'],
    ['RULE:^CN=(.*?),.*$/$1@rides/L', 'service.dispatch@rides'],
    ['RULE:^CN=(.*?),.*$/$1/U, DEFAULT', 'SERVICE.DISPATCH'],
    ['RULE:^CN=other.*$/x/,DEFAULT', subject],
    ['RULE:^CN=other.*$/x/', null],
    ['RULE:CN/x/', null],
  ])('by %j', (rules, name) => {
    expect(new SslPrincipalMapper(rules).name(subject)).toBe(name);
  });

  it.each(['RULE:a', 'NONE', 'RULE:a/b/X', 'RULE:(/b/'])('refuses the rules %j', (rules) => {
    expect(() => new SslPrincipalMapper(rules)).toThrow();
  });
});
