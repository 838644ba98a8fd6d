import { variants, type AnswerCase, type Body } from './case.ts';

const NOBODY = { transactionalId: 'nobody', producerId: 1n, producerEpoch: 0 };
const added = (partitions: readonly number[]): Body => ({
  v3AndBelowTransactionalId: 'nobody',
  v3AndBelowProducerId: 1n,
  v3AndBelowProducerEpoch: 0,
  v3AndBelowTopics: [{ name: 'rides', partitions }],
});

export const TRANSACTION_CASES: readonly AnswerCase[] = [
  ...variants(22, [0, 3, 5], {
    'an empty transactional id': { transactionalId: '', transactionTimeoutMs: 1_000 },
    'a timeout of 0': { transactionalId: 't', transactionTimeoutMs: 0 },
    'a timeout that is too long': { transactionalId: 't', transactionTimeoutMs: 2 ** 31 - 1 },
  }),
  ...variants(24, [0, 2, 3], {
    'of nobody': added([0]),
    'of nobody, to a partition that is not there': added([0, 9]),
  }),
  ...variants(24, [4, 5], {
    'looks at a transaction of nobody': {
      transactions: [{ ...NOBODY, verifyOnly: true, topics: [{ name: 'rides', partitions: [0] }] }],
    },
  }),
  ...variants(25, undefined, { 'of nobody': { ...NOBODY, groupId: 'g' } }),
  ...variants(26, undefined, { 'of nobody': { ...NOBODY, committed: true } }),
  ...variants(28, undefined, {
    'of nobody': {
      ...NOBODY,
      groupId: 'g',
      topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }] }],
    },
  }),
  ...variants(61, undefined, {
    'what is there and what is not': {
      topics: [
        { name: 'rides', partitionIndexes: [1, 9] },
        { name: 'nobody', partitionIndexes: [0] },
      ],
    },
  }),
  ...variants(65, undefined, { nobody: { transactionalIds: ['nobody', ''] } }),
  ...variants(66, undefined, { 'by states': { stateFilters: ['Ongoing', 'bogus'], producerIdFilters: [] } }),
];
