import { describe, expect, it } from '@jest/globals';
import { partitionOfGroup } from './group-partition.js';
import {
  decodeGroup,
  decodeKey,
  decodeOffset,
  encodeGroup,
  encodeKey,
  encodeOffset,
  type StoredGroup,
} from './group-records.js';

describe('records of __consumer_offsets', () => {
  it('have the bytes that Apache Kafka writes', () => {
    const key = encodeKey({ type: 'offset', groupId: 'g', topic: 't', partition: 3 });
    expect(key.toString('hex')).toBe('0001' + '000167' + '000174' + '00000003');
    expect(encodeKey({ type: 'group', groupId: 'g' }).toString('hex')).toBe('0002' + '000167');
    const value = encodeOffset({ offset: 5n, leaderEpoch: 2, metadata: 'm', committedAtMs: 9, expiresAtMs: null });
    expect(value.toString('hex')).toBe('0003' + '0000000000000005' + '00000002' + '00016d' + '0000000000000009');
  });

  it('read back as they were', () => {
    const group: StoredGroup = {
      protocolType: 'consumer',
      generationId: 4,
      protocolName: 'range',
      leaderId: 'a',
      phaseSinceMs: 1_700_000_000_000,
      members: [
        {
          memberId: 'a',
          groupInstanceId: null,
          clientId: 'c',
          clientHost: '/127.0.0.1',
          rebalanceTimeoutMs: 5,
          sessionTimeoutMs: 6,
          subscription: Buffer.from([1]),
          assignment: Buffer.from([2]),
        },
      ],
    };
    expect(decodeGroup(encodeGroup(group))).toEqual(group);
    const offset = { offset: 2n ** 60n, leaderEpoch: -1, metadata: 'ü', committedAtMs: 1, expiresAtMs: null };
    expect(decodeOffset(encodeOffset(offset))).toEqual(offset);
    const key = { type: 'offset', groupId: 'g', topic: 't', partition: 1 } as const;
    expect(decodeKey(encodeKey(key))).toEqual(key);
  });

  it('of kinds and versions from the future are skipped', () => {
    expect(decodeKey(Buffer.from('0003000167', 'hex'))).toBeNull();
    expect(decodeOffset(Buffer.from('0005', 'hex'))).toBeNull();
    expect(decodeGroup(Buffer.from('0004', 'hex'))).toBeNull();
  });

  it('that are cut are refused', () => {
    expect(() => decodeKey(Buffer.from('00010005', 'hex'))).toThrow('UNDERFLOW');
  });
});

it.each([
  ['', 50, 0],
  ['my-group', 50, 12],
  ['console-consumer-12345', 50, 0],
  // Its hash is Integer.MIN_VALUE, which has no absolute value.
  ['polygenelubricants', 50, 0],
])('puts group %p of %p partitions into partition %p, as Java does', (groupId, partitions, expected) => {
  let hash = 0n;
  for (let index = 0; index < groupId.length; index++) hash = 31n * hash + BigInt(groupId.charCodeAt(index));
  const signed = BigInt.asIntN(32, hash);
  const reference = signed === -(2n ** 31n) ? 0n : (signed < 0n ? -signed : signed) % BigInt(partitions);
  expect(partitionOfGroup(groupId, partitions)).toBe(Number(reference));
  if (groupId === 'polygenelubricants' || groupId === '') expect(partitionOfGroup(groupId, partitions)).toBe(expected);
});
