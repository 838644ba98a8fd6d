import { isDeepStrictEqual } from 'node:util';
import { ALL_APIS, APIS, type ApiKey } from 'streaming-core/wire/apis/registry';
import { requestHeaderVersion, type Api } from 'streaming-core/wire/api';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from 'streaming-core/wire/messages';
import { WireError } from 'streaming-core/wire/wire-error';
import { anyMessage } from './any-message.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { expectSame, expectSmallAllocation, FuzzFailure, unlessRefused, type FuzzTarget } from './target.ts';

const HEADER = { correlationId: 7, clientId: 'fuzz' };
const SIZE_BYTES = 4;

// The codec pairs each key with its own body; that cannot be said about a key that is not known until run time.
const encodeAnyRequest = encodeRequest as (key: number, version: number, header: object, body: object) => Buffer[];
const encodeAnyResponse = encodeResponse as (key: number, version: number, id: number, body: object) => Buffer[];
const decodeAnyResponse = decodeResponse as (key: number, version: number, frame: Buffer) => { readonly body: object };

const schemaTexts = new Map(ALL_APIS.map((api) => [api, JSON.stringify(api.request, withoutBigints)]));

const isWireError = (error: unknown): boolean => error instanceof WireError;

/**
 * A request frame, whole or damaged: gives a request or a WireError, in memory of the size of the frame; encoding what was
 * decoded gives a frame that decodes to the same, and that is the same frame if nothing was damaged.
 */
export function requestTargets(): FuzzTarget[] {
  return ALL_APIS.map((api) => ({
    name: `${api.name} request`,
    generate: (random) => anyFrame(random, requestFrame(random, api)),
    check: checkRequest,
  }));
}

/** The same for what clients of this codec read. The input begins with the version. */
export function responseTargets(): FuzzTarget[] {
  return ALL_APIS.map((api) => ({
    name: `${api.name} response`,
    generate: (random) => {
      const version = anyVersion(random, api);
      const body = anyMessage(random, api.response, version, version >= api.flexibleFrom);
      const frame = Buffer.concat(encodeAnyResponse(api.key, version, 7, body)).subarray(SIZE_BYTES);
      return Buffer.concat([Buffer.from([version]), anyFrame(random, frame)]);
    },
    check: (input) => checkResponse(api, input[0] ?? 0, input.subarray(1)),
  }));
}

/** Random bytes behind the header of any API: most are refused early, in every way there is. */
export const NOISE_TARGET: FuzzTarget = {
  name: 'noise behind a request header',
  generate: (random) => {
    const api = random.pick(ALL_APIS);
    const header = Buffer.alloc(8);
    header.writeInt16BE(api.key, 0);
    header.writeInt16BE(anyVersion(random, api), 2);
    return Buffer.concat([header, random.bytes(random.below(200))]);
  },
  check: checkRequest,
};

export function requestFrame(random: Random, api: Api): Buffer {
  const version = anyVersion(random, api);
  const body = anyMessage(random, api.request, version, version >= api.flexibleFrom);
  return Buffer.concat(encodeAnyRequest(api.key, version, HEADER, body)).subarray(SIZE_BYTES);
}

function anyVersion(random: Random, { versions }: Api): number {
  return versions.min + random.below(versions.max - versions.min + 1);
}

/** One frame in four is left whole. */
function anyFrame(random: Random, frame: Buffer): Buffer {
  return random.oneIn(4) ? frame : mutate(random, frame);
}

function checkRequest(frame: Buffer): void {
  expectSmallAllocation(frame.length, () => unlessRefused(() => decodeRequest(frame), isWireError));
  const decoded = unlessRefused(() => decodeRequest(frame), isWireError);
  if (decoded === null) return;
  const { apiKey, apiVersion, correlationId, clientId, body } = decoded;
  const encode = (message: object): Buffer =>
    Buffer.concat(encodeAnyRequest(apiKey, apiVersion, { correlationId, clientId }, message)).subarray(SIZE_BYTES);
  const again = encode(body);
  const second = decodeRequest(again);
  expectEqual(second, decoded);
  expectSame(encode(second.body), again, 'encode(decode(frame))');
  if (hasOneForm(apiKey, apiVersion)) expectSame(again, frame, 'encode(decode(frame))');
}

function checkResponse(api: Api, version: number, frame: Buffer): void {
  const decode = (bytes: Buffer): object | null =>
    unlessRefused(() => decodeAnyResponse(api.key, version, bytes).body, isWireError);
  expectSmallAllocation(frame.length, () => decode(frame));
  const body = decode(frame);
  if (body === null) return;
  const encode = (message: object): Buffer =>
    Buffer.concat(encodeAnyResponse(api.key, version, 7, message)).subarray(SIZE_BYTES);
  const again = encode(body);
  const second = decode(again);
  if (second === null) throw new FuzzFailure('what was encoded does not decode');
  expectEqual(second, body);
  expectSame(encode(second), again, 'encode(decode(frame))');
}

/** Whether a message has one form only: varints, tags, booleans and floating-point numbers have more. */
function hasOneForm(apiKey: ApiKey, apiVersion: number): boolean {
  const api: Api = APIS[apiKey];
  return requestHeaderVersion(api, apiVersion) === 1 && !/"(?:boolean|float64)"/.test(schemaTexts.get(api)!);
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) throw new FuzzFailure('decode(encode(message)) is not the message');
}

function withoutBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? null : value;
}
