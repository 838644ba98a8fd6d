/**
 * The protocol codec on one core: messages per second for twelve partitions, beside kafkajs where it speaks the same version,
 * and record batch validation beside a bare CRC-32C of the same bytes. Run after a build: `node bench/wire-codec.ts`.
 */
import { createRequire } from 'node:module';
import { crc32c } from '@node-rs/crc32';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from 'streaming-core/wire/messages';
import { encodeBatch } from 'streaming-core/wire/records/record-codec';
import { validateProduced } from 'streaming-core/wire/records/validate-batch';

const PARTITIONS = 12;
const ROUNDS = 5;
const ROUND_MS = 200;
const require = createRequire(import.meta.url);

type Task = () => unknown;

/** Median rate of several rounds, in calls per second. */
async function rate(task: Task): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    let calls = 0;
    let elapsedMs = 0;
    while (elapsedMs < ROUND_MS) {
      for (let index = 0; index < 100; index++) {
        const result = task();
        if (result instanceof Promise) await result;
      }
      calls += 100;
      elapsedMs = performance.now() - start;
    }
    // The first round warms up.
    if (round > 0) rates.push((calls / elapsedMs) * 1000);
  }
  return rates.sort((left, right) => left - right)[Math.floor(ROUNDS / 2)]!;
}

async function report(name: string, ours: Task, peer?: { name: string; task: Task }): Promise<void> {
  const mine = await rate(ours);
  const line = `${name.padEnd(40)} ${Math.round(mine).toLocaleString('en').padStart(10)} /s`;
  if (peer === undefined) {
    console.log(line);
    return;
  }
  console.log(`${line}   ${(mine / (await rate(peer.task))).toFixed(2)} x ${peer.name}`);
}

const numbers = Array.from({ length: PARTITIONS }, (_, index) => index);
const records = encodeBatch({
  records: numbers.map((index) => ({
    timestamp: BigInt(index),
    key: Buffer.from(`key-${index}`),
    value: Buffer.alloc(200),
  })),
});
const header = { correlationId: 1, clientId: 'bench' };
const frameOf = (chunks: readonly Buffer[]): Buffer => Buffer.concat(chunks).subarray(4);

const produce = {
  acks: -1,
  timeoutMs: 30_000,
  topicData: [{ name: 'LocationUpdates', partitionData: numbers.map((index) => ({ index, records })) }],
};
const fetchRequest = {
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 10_000_000,
  topics: [
    {
      topic: 'LocationUpdates',
      partitions: numbers.map((partition) => ({ partition, fetchOffset: 123_456n, partitionMaxBytes: 1_048_576 })),
    },
  ],
};
const fetchResponse = {
  responses: [
    {
      topic: 'LocationUpdates',
      partitions: numbers.map((partitionIndex) => ({
        partitionIndex,
        errorCode: 0,
        highWatermark: 123_456n,
        lastStableOffset: 123_456n,
        logStartOffset: 0n,
        abortedTransactions: null,
        records,
      })),
    },
  ],
};
const kafkaJsFetch = require('kafkajs/src/protocol/requests/fetch/v11/request') as (input: object) => { encode: Task };
const kafkaJsMetadata = require('kafkajs/src/protocol/requests/metadata/v6/response') as {
  decode: (body: Buffer) => unknown;
};
const metadata = frameOf(
  encodeResponse(3, 6, 1, {
    brokers: [{ nodeId: 1, host: 'localhost', port: 9092 }],
    topics: [
      {
        errorCode: 0,
        name: 'LocationUpdates',
        partitions: numbers.map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          replicaNodes: [1, 2, 3],
          isrNodes: [1, 2, 3],
        })),
      },
    ],
  }),
);

const produceFrame = frameOf(encodeRequest(0, 9, header, produce));
const fetchFrame = frameOf(encodeRequest(1, 12, header, fetchRequest));
const fetchResponseFrame = frameOf(encodeResponse(1, 12, 1, fetchResponse));

await report('Produce v9 request, decode', () => decodeRequest(produceFrame));
await report('Produce v9 request, encode', () => encodeRequest(0, 9, header, produce));
await report('Fetch v12 request, decode', () => decodeRequest(fetchFrame));
await report('Fetch v12 response, encode', () => encodeResponse(1, 12, 1, fetchResponse));
await report('Fetch v12 response, decode', () => decodeResponse(1, 12, fetchResponseFrame));
await report('Fetch v11 request, encode', () => encodeRequest(1, 11, header, fetchRequest), {
  name: 'kafkajs',
  task: () =>
    kafkaJsFetch({
      replicaId: -1,
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: 10_000_000,
      topics: [
        {
          topic: 'LocationUpdates',
          partitions: numbers.map((partition) => ({ partition, fetchOffset: '123456', maxBytes: 1_048_576 })),
        },
      ],
    }).encode(),
});
const metadataBody = metadata.subarray(4);
await report('Metadata v6 response, decode', () => decodeResponse(3, 6, metadata), {
  name: 'kafkajs',
  task: () => kafkaJsMetadata.decode(metadataBody),
});
const big = encodeBatch({
  records: Array.from({ length: 1000 }, (_, index) => ({
    timestamp: BigInt(index),
    key: null,
    value: Buffer.alloc(1000, index),
  })),
});
await report('batch of 1 MB, 1,000 records, validate', () => validateProduced(big, { batchBytesMax: 2_000_000 }), {
  name: 'its CRC-32C alone',
  task: () => crc32c(big),
});
