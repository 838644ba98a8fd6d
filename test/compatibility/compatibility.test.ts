import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { NOT_SERVED, NOTES } from './api-notes.ts';
import { CLIENTS, LIBRDKAFKA_LOOKS_FOR } from './clients.ts';
import { compatibilityDocument, pickedVersion, type Served } from './document.ts';
import { askServed, DOCUMENT_FILE, KAFKA } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await askServed();
});

const rangeOf = (apiKey: number) => served.apiKeys.find((api) => api.apiKey === apiKey);

it('docs/COMPATIBILITY.md is what the code says; `npm run docs:compatibility` writes it anew', () => {
  expect(readFileSync(DOCUMENT_FILE, 'utf8')).toBe(compatibilityDocument(KAFKA, served));
});

it('every request is served in all stable versions of Apache Kafka 4.2, or refused for a reason', () => {
  for (const { key, min, max } of KAFKA.apis) {
    const range = rangeOf(key);
    if (range === undefined) expect([key, NOT_SERVED[key]]).toEqual([key, expect.any(String)]);
    // Kafka advertises Produce from 0 as well.
    else expect([key, range.minVersion, range.maxVersion]).toEqual([key, key === 0 ? 0 : min, max]);
  }
  for (const key of Object.keys(NOTES)) expect([key, rangeOf(Number(key))]).toEqual([key, expect.anything()]);
  for (const key of Object.keys(NOT_SERVED)) expect([key, rangeOf(Number(key))]).toEqual([key, undefined]);
});

describe('what clients conclude from the versions that are advertised', () => {
  it.each(CLIENTS)('$name finds a version for each request that it uses', (client) => {
    const picked = served.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
      apiKey,
      pickedVersion(client, apiKey, minVersion, maxVersion),
    ]);
    expect(picked.filter(([, version]) => Number.isNaN(version))).toEqual([]);
    expect(Object.keys(client.speaks).filter((key) => rangeOf(Number(key)) === undefined)).toEqual([]);
  });

  it('librdkafka leaves no feature off', () => {
    const missing = Object.entries(LIBRDKAFKA_LOOKS_FOR).flatMap(([key, versions]) => {
      const { minVersion, maxVersion } = rangeOf(Number(key))!;
      return versions
        .filter((version) => version < minVersion || version > maxVersion)
        .map((version) => [key, version]);
    });
    // Kafka 4 dropped OffsetCommit 1; librdkafka is content with one of the two.
    expect(missing).toEqual([['8', 1]]);
  });
});
