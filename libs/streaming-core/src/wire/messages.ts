import { responseHeaderVersion, requestHeaderVersion, type Api } from './api.js';
import { compileStruct, type Codec } from './compile.js';
import {
  APIS,
  findApi,
  isApiKey,
  type ApiKey,
  type Request,
  type RequestInput,
  type Response,
  type ResponseInput,
} from './apis/registry.js';
import { Reader } from './reader.js';
import { includes, type Fields } from './schema.js';
import { WireError } from './wire-error.js';
import { Writer } from './writer.js';

/** The least bytes of a request frame: key, version, correlation id, client id. */
export const REQUEST_BYTES_MIN = 10;
const UNSUPPORTED_VERSION_CODE = 35;

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** A request of any API; `apiKey` tells which. */
export type DecodedRequest = { [K in ApiKey]: RequestMessage<K> }[ApiKey];

export interface RequestMessage<K extends ApiKey> {
  readonly apiKey: K;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly body: Request<K>;
}

/**
 * A request whose key or version this codec does not speak: code UNKNOWN_API or UNSUPPORTED_VERSION. Carries what is needed
 * to answer. For an ApiVersions request answer with {@link encodeUnsupportedApiVersions}.
 */
export class UnsupportedRequestError extends WireError {
  override readonly name = 'UnsupportedRequestError';
  constructor(
    code: 'UNKNOWN_API' | 'UNSUPPORTED_VERSION',
    readonly apiKey: number,
    readonly apiVersion: number,
    readonly correlationId: number,
  ) {
    super(code, 0, `API key ${apiKey} version ${apiVersion}`);
  }
}

/**
 * Decodes one request frame (without its size prefix). Byte fields are views into `frame`.
 * Throws {@link UnsupportedRequestError}, or {@link WireError} for malformed bytes.
 */
export function decodeRequest(frame: Buffer): DecodedRequest {
  const reader = new Reader(frame);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  if (!isApiKey(apiKey)) throw new UnsupportedRequestError('UNKNOWN_API', apiKey, apiVersion, correlationId);
  const api: Api = APIS[apiKey];
  if (!includes(api.versions, apiVersion)) {
    throw new UnsupportedRequestError('UNSUPPORTED_VERSION', apiKey, apiVersion, correlationId);
  }
  // The client id stays in the old form even in header version 2, so that any broker can read it.
  const clientId = reader.nullableString(false);
  if (requestHeaderVersion(api, apiVersion) === 2) reader.taggedFields(null, null);
  const body = codecOf(api, 'request', apiVersion).decode(reader);
  reader.expectEnd();
  return { apiKey, apiVersion, correlationId, clientId, body } as unknown as DecodedRequest;
}

/** Encodes one request with its size prefix. Throws {@link WireError} NOT_ENCODABLE. */
export function encodeRequest<K extends ApiKey>(
  apiKey: K,
  apiVersion: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: RequestInput<K>,
): Buffer[] {
  const api = supported(apiKey, apiVersion);
  const writer = new Writer();
  writer.int32(0);
  writer.int16(apiKey);
  writer.int16(apiVersion);
  writer.int32(header.correlationId);
  writer.string(header.clientId, false);
  if (requestHeaderVersion(api, apiVersion) === 2) writer.uvarint(0);
  codecOf(api, 'request', apiVersion).encode(writer, body);
  return finishFrame(writer);
}

/**
 * Encodes one response with its size prefix. Large byte fields are referenced, not copied: they must not change until the
 * chunks are sent. Throws {@link WireError} NOT_ENCODABLE.
 */
export function encodeResponse<K extends ApiKey>(
  apiKey: K,
  apiVersion: number,
  correlationId: number,
  body: ResponseInput<K>,
): Buffer[] {
  const api = supported(apiKey, apiVersion);
  const writer = new Writer();
  writer.int32(0);
  writer.int32(correlationId);
  if (responseHeaderVersion(api, apiVersion) === 1) writer.uvarint(0);
  codecOf(api, 'response', apiVersion).encode(writer, body);
  return finishFrame(writer);
}

/** Decodes one response frame (without its size prefix) to a request of this API and version. Throws {@link WireError}. */
export function decodeResponse<K extends ApiKey>(
  apiKey: K,
  apiVersion: number,
  frame: Buffer,
): { readonly correlationId: number; readonly body: Response<K> } {
  const api = supported(apiKey, apiVersion);
  const reader = new Reader(frame);
  const correlationId = reader.int32();
  if (responseHeaderVersion(api, apiVersion) === 1) reader.taggedFields(null, null);
  const body = codecOf(api, 'response', apiVersion).decode(reader);
  reader.expectEnd();
  return { correlationId, body: body as Response<K> };
}

/** The answer to ApiVersions in a version that we lack: clients downgrade on exactly this (KIP-511). */
export function encodeUnsupportedApiVersions(correlationId: number): Buffer[] {
  const { key, advertised } = APIS[18];
  return encodeResponse(18, 0, correlationId, {
    errorCode: UNSUPPORTED_VERSION_CODE,
    apiKeys: [{ apiKey: key, minVersion: advertised.min, maxVersion: advertised.max }],
  });
}

type Side = 'request' | 'response';
type StructCodec = Codec<object>;
const compiled: Record<Side, Map<Api, StructCodec[]>> = { request: new Map(), response: new Map() };

/** Compiles on first use; bounded by the number of versions there are. */
function codecOf(api: Api, side: Side, version: number): StructCodec {
  let versions = compiled[side].get(api);
  if (versions === undefined) {
    versions = [];
    compiled[side].set(api, versions);
  }
  return (versions[version] ??= compileMessage(api[side], version, version >= api.flexibleFrom));
}

function compileMessage(fields: Fields, version: number, flexible: boolean): StructCodec {
  return compileStruct(fields, version, flexible) as unknown as StructCodec;
}

function supported(apiKey: number, apiVersion: number): Api {
  const api = findApi(apiKey);
  if (api === null || !includes(api.versions, apiVersion)) {
    throw new WireError('NOT_ENCODABLE', 0, `API key ${apiKey} has no version ${apiVersion} here`);
  }
  return api;
}

function finishFrame(writer: Writer): Buffer[] {
  writer.patchFirstInt32(writer.length - 4);
  return writer.finish();
}
