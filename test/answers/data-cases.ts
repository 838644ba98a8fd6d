import { batch, UNKNOWN_ID, variants, ZERO_ID, type AnswerCase, type Body, type World } from './case.ts';

const SOME = [3, 7, 8, 11];

function produce(name: string, partition: Body, request: Body = {}, versions?: readonly number[]): AnswerCase {
  return {
    apiKey: 0,
    name,
    ...(versions ? { versions } : {}),
    body: ({ ridesId }, version) => {
      const { topic = 'rides', ...rest } = request as { topic?: string };
      const named = version < 13 ? { name: topic } : { topicId: topic === 'rides' ? ridesId : UNKNOWN_ID };
      const partitionData = [{ index: 0, ...partition }];
      return { acks: -1, timeoutMs: 3_000, topicData: [{ ...named, partitionData }], ...rest };
    },
  };
}

function damaged(): Buffer {
  const bytes = Buffer.from(batch());
  bytes[17] = bytes[17]! ^ 1;
  return bytes;
}

const PRODUCE = [
  produce('a batch', { records: batch() }),
  produce('a partition that is not there', { index: 9, records: batch() }),
  produce('partition -1', { index: -1, records: batch() }),
  produce('a topic that is not there', { records: batch() }, { topic: 'nobody' }),
  produce('acks 7', { records: batch() }, { acks: 7 }),
  produce('a wrong checksum', { records: damaged() }, {}, SOME),
  produce('an empty set', { records: Buffer.alloc(0) }, {}, SOME),
  produce('two batches', { records: Buffer.concat([batch(), batch()]) }, {}, SOME),
  produce('a control batch', { records: batch({ isControl: true }) }, {}, SOME),
  produce(
    'a producer that begins at 5',
    {
      records: batch({ producerId: 77n, producerEpoch: 0, baseSequence: 5 }),
    },
    {},
    [7],
  ),
  produce(
    'a producer that begins at 0',
    {
      records: batch({ producerId: 78n, producerEpoch: 0, baseSequence: 0 }),
    },
    {},
    [7],
  ),
  produce('a batch again', { records: batch({ producerId: 78n, producerEpoch: 0, baseSequence: 0 }) }, {}, [7, 13]),
  produce('a gap in the sequence', { records: batch({ producerId: 78n, producerEpoch: 0, baseSequence: 7 }) }, {}, [7]),
  produce('a topic name that cannot be', { records: batch() }, { topic: '../x' }, [7]),
  produce('no topics', {}, { topicData: [] }, [7]),
];

function fetch(name: string, partition: Body, request: Body = {}, versions?: readonly number[]): AnswerCase {
  return {
    apiKey: 1,
    name,
    ...(versions ? { versions } : {}),
    body: ({ ridesId }, version) => {
      const { topic = 'rides', ...rest } = request as { topic?: string };
      const named = version < 13 ? { topic } : { topicId: topic === 'rides' ? ridesId : UNKNOWN_ID };
      const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 100, ...partition }];
      return { maxWaitMs: 0, minBytes: 1, topics: [{ ...named, partitions }], rackId: '', ...rest };
    },
  };
}

const FETCH = [
  fetch('from the start', {}),
  fetch('past the end', { fetchOffset: 999n }),
  fetch('offset -1', { fetchOffset: -1n }),
  fetch('a partition that is not there', { partition: 9 }),
  fetch('a topic that is not there', {}, { topic: 'nobody' }),
  fetch('a leader epoch of the future', { currentLeaderEpoch: 5 }, {}, [9, 12, 17]),
  fetch('a session that is not there', {}, { sessionId: 99, sessionEpoch: 3 }, [7, 12, 17]),
  fetch('no session in its epoch 5', {}, { sessionId: 0, sessionEpoch: 5 }, [7, 12, 17]),
  fetch('a replica of a client', {}, { replicaId: 5 }, [4, 12, 14]),
  fetch('read committed', {}, { isolationLevel: 1 }, [4, 11, 17]),
  fetch('no topics', {}, { topics: [] }, [11]),
];

const TIMESTAMPS = [-1n, -2n, -3n, -4n, -5n, -6n, -7n, 0n, 2n ** 62n];

function listOffsets(name: string, partitions: readonly Body[], topic = 'rides', request: Body = {}): Body {
  return { [name]: { replicaId: -1, topics: [{ name: topic, partitions }], ...request } };
}

const LIST_OFFSETS = [
  ...TIMESTAMPS.flatMap((timestamp) =>
    [0, 1].flatMap((partitionIndex) =>
      variants(
        2,
        undefined,
        listOffsets(`timestamp ${timestamp} of partition ${partitionIndex}`, [{ partitionIndex, timestamp }]) as Record<
          string,
          Body
        >,
      ),
    ),
  ),
  ...variants(2, [1, 4, 9], {
    ...listOffsets('a topic that is not there', [{ partitionIndex: 0, timestamp: -1n }], 'nobody'),
    ...listOffsets('the same partition twice', [
      { partitionIndex: 1, timestamp: -1n },
      { partitionIndex: 1, timestamp: -1n },
    ]),
  } as Record<string, Body>),
  ...variants(2, [4, 9], {
    ...listOffsets('a leader epoch of the future', [{ partitionIndex: 0, timestamp: -1n, currentLeaderEpoch: 7 }]),
    ...listOffsets('read committed', [{ partitionIndex: 0, timestamp: -1n }], 'rides', { isolationLevel: 1 }),
  } as Record<string, Body>),
];

const byName =
  (name: string) =>
  (version: number): Body => ({
    topics: [{ name }],
    ...(version >= 4 ? { allowAutoTopicCreation: false } : {}),
  });
const byId = (name: string, versions: readonly number[], idOf: (world: World) => string): AnswerCase => ({
  apiKey: 3,
  name,
  versions,
  body: (world) => ({ topics: [{ name: null, topicId: idOf(world) }] }),
});

const METADATA = [
  ...variants(3, undefined, {
    'a topic': byName('rides'),
    'a topic that is not there': byName('nobody'),
    'a topic name that cannot be': byName('../x'),
  }),
  ...variants(3, [1, 8, 12], { 'no topics': { topics: [] } }),
  ...variants(3, [8, 10], {
    'what may be done': {
      topics: [{ name: 'rides' }],
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    },
  }),
  ...variants(3, [11, 13], {
    'what may be done with a topic': { topics: [{ name: 'rides' }], includeTopicAuthorizedOperations: true },
  }),
  byId('a topic by its id', [10, 12, 13], ({ ridesId }) => ridesId),
  byId('an id that is not there', [12, 13], () => UNKNOWN_ID),
  byId('no id and no name', [12, 13], () => ZERO_ID),
];

const deleteRecords = (offset: bigint, partitionIndex = 0, name = 'rides'): Body => ({
  topics: [{ name, partitions: [{ partitionIndex, offset }] }],
  timeoutMs: 3_000,
});

const DELETE_RECORDS = variants(21, undefined, {
  'to the start': deleteRecords(0n),
  'past the end': deleteRecords(99n),
  'to -2': deleteRecords(-2n),
  'a partition that is not there': deleteRecords(0n, 9),
  'a topic that is not there': deleteRecords(0n, 0, 'nobody'),
  'to the high watermark': deleteRecords(-1n, 1),
});

const epochEnd =
  (...topics: Body[]) =>
  (version: number): Body => ({
    topics,
    ...(version >= 3 ? { replicaId: -2 } : {}),
  });

const EPOCHS = variants(23, undefined, {
  ...Object.fromEntries(
    [0, 1, -1, 99].map((leaderEpoch) => [
      `epoch ${leaderEpoch}`,
      epochEnd({ topic: 'rides', partitions: [{ partition: 0, leaderEpoch }] }),
    ]),
  ),
  'a leader epoch of the future, partitions and topics that are not there': epochEnd(
    {
      topic: 'rides',
      partitions: [
        { partition: 0, leaderEpoch: 0, currentLeaderEpoch: 9 },
        { partition: 9, leaderEpoch: 0 },
      ],
    },
    { topic: 'nobody', partitions: [{ partition: 0, leaderEpoch: 0 }] },
  ),
});

/** In this order: later ones see what earlier ones wrote. */
export const DATA_CASES: readonly AnswerCase[] = [
  ...PRODUCE,
  ...FETCH,
  ...LIST_OFFSETS,
  ...METADATA,
  ...DELETE_RECORDS,
  ...EPOCHS,
];
