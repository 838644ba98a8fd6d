import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { sampleMessage } from '../../test/wire/sample-message.js';
import { ALL_APIS } from './apis/registry.js';
import { compileStruct } from './compile.js';
import { Reader } from './reader.js';
import { Writer } from './writer.js';

const golden = new Map(
  Object.entries(
    JSON.parse(
      readFileSync(new URL('../../test/wire/apache-kafka-4.2-messages.json', import.meta.url), 'utf8'),
    ) as Record<string, string>,
  ),
);

describe('every message in every version, against the bytes of Apache Kafka 4.2', () => {
  for (const api of ALL_APIS) {
    for (const side of ['request', 'response'] as const) {
      it(`${api.name} ${side} v${api.versions.min}-${api.versions.max}`, () => {
        for (let version = api.versions.min; version <= api.versions.max; version++) {
          for (const kind of ['full', 'empty']) {
            const name = `${api.name} ${side} v${version} ${kind}`;
            const hex = golden.get(name);
            const message = sampleMessage(api[side], version, kind === 'full');
            const codec = compileStruct(api[side], version, version >= api.flexibleFrom);
            const writer = new Writer();
            codec.encode(writer, message);
            expect([name, Buffer.concat(writer.finish()).toString('hex')]).toEqual([name, hex]);
            const reader = new Reader(Buffer.from(hex ?? '', 'hex'));
            expect([name, codec.decode(reader)]).toEqual([name, message]);
            reader.expectEnd();
          }
        }
      });
    }
  }

  it('leaves out no version that Apache Kafka has golden bytes for', () => {
    const ours = ALL_APIS.reduce((sum, { versions }) => sum + (versions.max - versions.min + 1) * 4, 0);
    expect(golden.size).toBe(ours);
  });
});
