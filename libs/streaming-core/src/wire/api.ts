import {
  parseVersions,
  type Fields,
  type InputOf,
  type MessageOf,
  type VersionRange,
  type Versions,
} from './schema.js';

/** One request type of the protocol with its response. */
export interface Api<Key extends number = number, Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: Key;
  readonly name: string;
  /** Versions that can be decoded and encoded. */
  readonly versions: VersionRange;
  /** Versions to list in an ApiVersions response: some clients draw conclusions from ranges (see the API's file). */
  readonly advertised: VersionRange;
  /** The first version with compact lengths and tagged fields. */
  readonly flexibleFrom: number;
  readonly request: Request;
  readonly response: Response;
}

export type RequestOf<A extends Api> = MessageOf<A['request']>;
export type RequestInputOf<A extends Api> = InputOf<A['request']>;
export type ResponseOf<A extends Api> = MessageOf<A['response']>;
export type ResponseInputOf<A extends Api> = InputOf<A['response']>;

export function defineApi<
  Key extends number,
  const Name extends string,
  Request extends Fields,
  Response extends Fields,
>(definition: {
  readonly key: Key;
  readonly name: Name;
  readonly versions: Versions;
  readonly advertised?: Versions;
  readonly flexibleFrom: number;
  readonly request: Request;
  readonly response: Response;
}): Api<Key, Request, Response> & { readonly name: Name } {
  const versions = parseVersions(definition.versions);
  const advertised = definition.advertised === undefined ? versions : parseVersions(definition.advertised);
  return { ...definition, versions, advertised };
}

export const API_VERSIONS_KEY = 18;

/** 2 has a tagged-field block, 1 has not. */
export function requestHeaderVersion(api: Api, version: number): 1 | 2 {
  return version >= api.flexibleFrom ? 2 : 1;
}

/** ApiVersions always answers with header 0, so that a client of any age can read the answer. */
export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return version >= api.flexibleFrom && api.key !== API_VERSIONS_KEY ? 1 : 0;
}
