import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Logger } from 'streaming-core/broker/logger';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import type { Api } from 'streaming-core/wire/api';
import { ALL_APIS, APIS } from 'streaming-core/wire/apis/registry';
import { FrameSplitter } from 'streaming-core/wire/frame';
import { decodeRequest, decodeResponse, encodeRequest, type DecodedRequest } from 'streaming-core/wire/messages';
import { encodeBatch } from 'streaming-core/wire/records/record-codec';
import { WireError } from 'streaming-core/wire/wire-error';
import { anyMessage, type Hints } from './any-message.ts';
import { mutate } from './mutate.ts';
import { Random, seedOf } from './random.ts';
import { FuzzFailure } from './target.ts';

/** APIs whose answer may wait for other members, for data or for time: the connection is dropped instead. */
const MAY_WAIT = new Set<number>([APIS[1].key, APIS[11].key, APIS[14].key]);
const WAIT_MS = 30;
/** Longest time for any other answer. */
const PATIENCE_MS = 10_000;
const TEXTS = ['rides', 'doomed', 'a-group', 'range', 'consumer', 'cleanup.policy', 'compact', '1', '', 'user', 'NONE'];

/**
 * Sends a whole broker requests that make half sense, one in five of them damaged. Every request that can be decoded gets an
 * answer that can be decoded; every other costs its sender the connection and nobody anything else; no handler fails.
 * @throws FuzzFailure
 */
export async function fuzzBroker(seed: number, mayGoOn: (requests: number) => boolean): Promise<number> {
  const errors: string[] = [];
  const broker = await startTestBroker({
    topics: { rides: 2, doomed: 1 },
    config: { 'max.partitions': '100', 'group.initial.rebalance.delay.ms': '0' },
    logger: loggerInto(errors),
  });
  try {
    const hints = hintsOf(broker);
    let requests = 0;
    for (; mayGoOn(requests); requests++) {
      const random = new Random(seedOf(seed, 'broker', requests));
      const frame = anyRequest(random, hints);
      const failure = (await problemWith(broker, frame)) ?? errors[0] ?? null;
      if (failure !== null) {
        throw new FuzzFailure(`request ${requests} of seed ${seed}: ${failure}\n  frame: ${frame.toString('hex')}`);
      }
    }
    return requests;
  } finally {
    await broker.stop();
  }
}

function loggerInto(errors: string[]): Logger {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (details, message) => {
      const { err } = details as { readonly err?: unknown };
      const text = err instanceof Error ? (err.stack ?? err.message) : JSON.stringify(details);
      // Closing the connection is how a broker tells that a produce request without answers failed.
      if (!text.includes('acks=0')) errors.push(`${message}: ${text}`);
    },
  };
}

function hintsOf(broker: TestBroker): Hints {
  const record = { timestamp: 1_700_000_000_000n, key: Buffer.from('k'), value: Buffer.from('v') };
  return {
    texts: TEXTS,
    uuids: broker.topics().map(({ id }) => id),
    bytes: [
      encodeBatch({ records: [record, record] }),
      encodeBatch({ records: [record], producerId: 1n, producerEpoch: 0, baseSequence: 0 }),
      Buffer.from('0001000000010005726964657300000000', 'hex'),
    ],
  };
}

function anyRequest(random: Random, hints: Hints): Buffer {
  const api: Api = random.pick(ALL_APIS);
  const version = api.versions.min + random.below(api.versions.max - api.versions.min + 1);
  const body = anyMessage(random, api.request, version, version >= api.flexibleFrom, hints);
  const encode = encodeRequest as (key: number, version: number, header: object, body: object) => Buffer[];
  const frame = Buffer.concat(encode(api.key, version, { correlationId: 7, clientId: 'fuzz' }, body)).subarray(4);
  return random.oneIn(5) ? mutate(random, frame) : frame;
}

async function problemWith({ port }: TestBroker, frame: Buffer): Promise<string | null> {
  const request = decodedOf(frame);
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    const mayWait = request === null || MAY_WAIT.has(request.apiKey) || isSilent(request);
    const answer = await exchange(socket, frame, mayWait ? WAIT_MS : PATIENCE_MS);
    if (answer === 'nothing') return mayWait ? null : `no answer within ${PATIENCE_MS} ms`;
    // What the broker does not serve, or not to everybody, ends the connection too: only failed handlers are told by the log.
    if (answer === 'closed' || request === null) return null;
    decodeResponse(request.apiKey, request.apiVersion, answer);
    return null;
  } catch (error) {
    return `the answer does not decode: ${String(error)}`;
  } finally {
    socket.destroy();
  }
}

function decodedOf(frame: Buffer): DecodedRequest | null {
  try {
    return decodeRequest(frame);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function isSilent(request: DecodedRequest): boolean {
  return request.apiKey === APIS[0].key && request.body.acks === 0;
}

/** The answer to one frame. */
async function exchange(socket: Socket, frame: Buffer, patienceMs: number): Promise<Buffer | 'closed' | 'nothing'> {
  const size = Buffer.alloc(4);
  size.writeInt32BE(frame.length);
  const splitter = new FrameSplitter({ frameBytesMin: 4, frameBytesMax: 1 << 27 });
  const { promise, resolve } = Promise.withResolvers<Buffer | 'closed' | 'nothing'>();
  socket.on('data', (chunk) => splitter.push(chunk, resolve));
  socket.on('error', () => resolve('closed'));
  socket.on('close', () => resolve('closed'));
  const timer = setTimeout(() => resolve('nothing'), patienceMs);
  socket.write(Buffer.concat([size, frame]));
  const answer = await promise;
  clearTimeout(timer);
  if (answer === 'closed' && !socket.destroyed) await once(socket, 'close');
  return answer;
}
