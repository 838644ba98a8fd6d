import { describe, expect, it } from '@jest/globals';
import { NO_PARTITIONS, partitionsOf } from './partitions.js';
import { decodeConsumerRecord, encodeConsumerRecord } from './records.js';
import type { ConsumerGroupRecord, MemberSubscription } from './types.js';

const topicId = Buffer.from('0123456789abcdef').toString('base64url');
const partitions = partitionsOf([{ topicId, partitions: [0, 2] }]);
const subscription: MemberSubscription = {
  instanceId: 'phone',
  rackId: null,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  topicNames: ['rides'],
  topicRegex: 'r.*',
  rebalanceTimeoutMs: 5_000,
  serverAssignor: 'range',
  classic: { sessionTimeoutMs: 10_000, protocols: [{ name: 'range', metadata: Buffer.from('m') }] },
};
const records: readonly ConsumerGroupRecord[] = [
  { kind: 'epoch', value: { epoch: 3, metadataHash: -5n } },
  { kind: 'targetEpoch', value: { epoch: 3 } },
  { kind: 'member', id: 'm', value: subscription },
  { kind: 'member', id: 'm', value: { ...subscription, instanceId: null, topicRegex: null, classic: null } },
  { kind: 'target', id: 'm', value: partitions },
  {
    kind: 'current',
    id: 'm',
    value: { epoch: 2, previousEpoch: 1, phase: 'unrevoked', assigned: NO_PARTITIONS, pendingRevocation: partitions },
  },
  { kind: 'regex', id: 'r.*', value: { topics: new Set(['rides']), version: 4, resolvedAtMs: 5 } },
];

describe('records of consumer groups', () => {
  it.each(records)('are read as they were written: $kind', (record) => {
    const { key, value } = encodeConsumerRecord('g', record);
    expect(decodeConsumerRecord(key, value)).toEqual({ groupId: 'g', record });
    const tombstone = encodeConsumerRecord('g', { ...record, value: null });
    expect(tombstone).toEqual({ key, value: null });
    expect(decodeConsumerRecord(key, null)).toEqual({ groupId: 'g', record: { ...record, value: null } });
  });

  /** As Apache Kafka's DumpLogSegments reads them. */
  it.each([
    [records[0]!, '0003000167', '00000000000301' + '0008fffffffffffffffb'],
    [records[1]!, '0006000167', '00000000000300'],
    [records[4]!, '000700016700016d', `000002${Buffer.from('0123456789abcdef').toString('hex')}0300000000000000020000`],
  ])('have the bytes of Apache Kafka: %#', (record, key, value) => {
    const encoded = encodeConsumerRecord('g', record);
    expect(encoded.key.toString('hex')).toBe(key);
    expect(encoded.value!.toString('hex')).toBe(value);
  });

  it('of other kinds, from the future, and sizes of topics from before Kafka 4.1, are skipped', () => {
    expect(decodeConsumerRecord(Buffer.from('00630001670000', 'hex'), null)).toBeNull();
    expect(decodeConsumerRecord(Buffer.from('0004000167', 'hex'), null)).toEqual({ groupId: 'g', record: null });
    expect(decodeConsumerRecord(Buffer.from('0003000167', 'hex'), Buffer.from('0001', 'hex'))).toEqual({
      groupId: 'g',
      record: null,
    });
  });

  it('that are cut are refused', () => {
    expect(() => decodeConsumerRecord(Buffer.from('00030005', 'hex'), null)).toThrow('UNDERFLOW');
  });
});
