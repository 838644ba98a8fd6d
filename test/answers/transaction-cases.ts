import { variants, WARM, type AnswerCase, type Body, type World } from './case.ts';

const GROUP = 'of-a-transaction';
const NOBODY = { transactionalId: 'nobody', producerId: 1n, producerEpoch: 0 };
const added = (partitions: readonly number[]): Body => ({
  v3AndBelowTransactionalId: 'nobody',
  v3AndBelowProducerId: 1n,
  v3AndBelowProducerEpoch: 0,
  v3AndBelowTopics: [{ name: 'rides', partitions }],
});

/** Cases of one API with one body, as the producer that there is. */
function asProducer(apiKey: number, name: string, versions: readonly number[], body: Body = {}): AnswerCase {
  const of = ({ producerId, producerEpoch }: World): Body => ({ transactionalId: WARM, producerId, producerEpoch });
  return { apiKey, name, versions, body: (world) => ({ ...of(world), groupId: GROUP, ...body }) };
}

const offsets = (name: string, ...partitions: readonly number[]): Body => ({
  name,
  partitions: partitions.map((partitionIndex) => ({ partitionIndex, committedOffset: 1n, committedMetadata: '' })),
});

const OFFSETS = [
  asProducer(28, 'before the group is in the transaction', [0, 3, 4], { topics: [offsets('rides', 0)] }),
  asProducer(25, 'the group', [3]),
  asProducer(28, 'what is there and what is not', [0, 2, 3, 4], {
    topics: [offsets('rides', 0, 9), offsets('nobody', 0)],
  }),
  asProducer(28, 'nothing that is there', [0, 3, 4], { topics: [offsets('rides', 9)] }),
  asProducer(28, 'by a member that is not there', [3, 4], {
    topics: [offsets('rides', 0)],
    memberId: 'x',
    generationId: 3,
  }),
  asProducer(28, 'by an epoch to come', [3, 4], { topics: [offsets('rides', 0)], producerEpoch: 9 }),
  asProducer(26, 'commits', [3], { committed: true }),
];

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
  ...variants(28, undefined, {
    'of nobody, of a partition that is not there': { ...NOBODY, groupId: 'g', topics: [offsets('rides', 0, 9)] },
  }),
  ...OFFSETS,
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
