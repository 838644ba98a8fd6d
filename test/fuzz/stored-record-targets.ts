import { decodeSubscription } from 'streaming-core/groups/consumer-protocol';
import * as groups from 'streaming-core/groups/group-records';
import * as transactions from 'streaming-core/transactions/transaction-records';
import { RecordBatch, RecordBatchError } from 'streaming-core/wire/records/record-batch';
import { decodeMarker, encodeMarkerBatch } from 'streaming-core/wire/records/control-records';
import { WireError } from 'streaming-core/wire/wire-error';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { expectSmallAllocation, unlessRefused, type FuzzTarget } from './target.ts';

const isAnnounced = (error: unknown): boolean => error instanceof WireError || error instanceof RecordBatchError;

function reader(name: string, seeds: readonly Buffer[], read: (bytes: Buffer) => unknown): FuzzTarget {
  return {
    name,
    generate: (random: Random) => {
      const seed = random.oneIn(8) ? random.bytes(random.below(80)) : random.pick(seeds);
      return random.oneIn(4) ? seed : mutate(random, seed);
    },
    check: (input) => expectSmallAllocation(input.length, () => unlessRefused(() => read(input), isAnnounced)),
  };
}

const SUBSCRIPTION = Buffer.from(
  '00030000000100026131ffffffff00000001000261310000000100000000000000070002' + '6131',
  'hex',
);
const TRANSACTION = Buffer.from(
  '0001' +
    '0000000000000007' +
    '0001' +
    '0000ea60' +
    '01' +
    '02' +
    '0274' +
    '030000000000000002' +
    '00' +
    '00'.repeat(16) +
    '00',
  'hex',
);

/** Bytes that come back from internal topics, and those that clients put inside group requests. */
export const STORED_RECORD_TARGETS: readonly FuzzTarget[] = [
  reader(
    'key of __consumer_offsets',
    [Buffer.from('0001000267310002743100000005', 'hex'), Buffer.from('000200026731', 'hex')],
    groups.decodeKey,
  ),
  reader(
    'committed offset',
    [
      '0003000000000000000700000001000261610000018bcfe56800',
      '0001000000000000000700026161' + '0000018bcfe56800'.repeat(2),
    ].map((hex) => Buffer.from(hex, 'hex')),
    groups.decodeOffset,
  ),
  reader(
    'stored group',
    [
      Buffer.from(
        '00030008636f6e73756d657200000001000572616e676500026d310000018bcfe56800000000010002' +
          '6d31ffff00026331000131000027100000271000000002' +
          '00010000000100',
        'hex',
      ),
    ],
    groups.decodeGroup,
  ),
  reader('key of __transaction_state', [Buffer.from('000000026131', 'hex')], transactions.decodeTransactionKey),
  reader('stored transaction', [TRANSACTION], (bytes) => transactions.decodeTransaction('a', bytes)),
  reader('consumer subscription', [SUBSCRIPTION], decodeSubscription),
  reader(
    'transaction marker',
    [encodeMarkerBatch({ isCommit: true, coordinatorEpoch: 3, producerId: 5n, producerEpoch: 1 }, 1_700_000_000_000)],
    (bytes) =>
      bytes.length < 61 || bytes.readInt32BE(8) !== bytes.length - 12 ? null : decodeMarker(new RecordBatch(bytes)),
  ),
];
