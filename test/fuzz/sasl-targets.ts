import { parseOauthBearerMessage } from 'streaming-core/security/sasl-oauthbearer';
import { parsePlainMessage } from 'streaming-core/security/sasl-plain';
import { credentialOf } from 'streaming-core/security/scram-credential';
import { ScramServer } from 'streaming-core/security/scram-server';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { expectSmallAllocation, FuzzFailure, type FuzzTarget } from './target.ts';

const MECHANISM = 'SCRAM-SHA-256';
/** Of a password that nobody knows. */
const CREDENTIAL = credentialOf(MECHANISM, Buffer.from('salt'), 4_096, Buffer.alloc(32, 1));
const FIRST = Buffer.from('n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL');
/** Right in all but the proof. */
const FINAL = Buffer.from(`c=biws,r=fyko+d2lbbFgONRv9qkxdawLserver,p=${Buffer.alloc(32, 7).toString('base64')}`);

function parser(name: string, seed: Buffer, parse: (message: Buffer) => unknown): FuzzTarget {
  return {
    name,
    generate: (random: Random) => (random.oneIn(8) ? random.bytes(random.below(60)) : mutate(random, seed)),
    check: (message) => expectSmallAllocation(message.length, () => parse(message)),
  };
}

/** What strangers say to be let in. The input of an exchange is its two messages, the length of the first before them. */
export const SASL_TARGETS: readonly FuzzTarget[] = [
  parser('SASL PLAIN', Buffer.from('\0alice\0secret'), parsePlainMessage),
  parser('SASL OAUTHBEARER', Buffer.from('n,a=alice,\x01auth=Bearer abc.def.ghi\x01\x01'), parseOauthBearerMessage),
  {
    name: 'SASL SCRAM',
    generate: (random) => {
      const first = random.oneIn(3) ? FIRST : mutate(random, FIRST);
      const final = random.oneIn(3) ? FINAL : mutate(random, FINAL);
      return Buffer.concat([Buffer.from([first.length % 256]), first, final]);
    },
    check: (input) => {
      const end = 1 + (input[0] ?? 0);
      const server = new ScramServer(MECHANISM, { credential: () => CREDENTIAL, decoy: () => CREDENTIAL }, 'server');
      const messages = [input.subarray(1, end), input.subarray(end)];
      for (const message of messages) {
        const { kind } = server.step(message);
        if (kind === 'authenticated') throw new FuzzFailure('let in without the password');
        if (kind === 'failed') return;
      }
    },
  },
];
