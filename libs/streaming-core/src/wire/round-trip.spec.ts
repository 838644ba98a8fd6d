import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyMessage } from '../../test/wire/sample-message.js';
import { ALL_APIS } from './apis/registry.js';
import { compileStruct } from './compile.js';
import { Reader } from './reader.js';
import { Writer } from './writer.js';

const RUNS = 15;

describe('decode(encode(message)) is the message, and encode(decode(bytes)) the bytes', () => {
  for (const api of ALL_APIS) {
    it(api.name, () => {
      for (let version = api.versions.min; version <= api.versions.max; version++) {
        for (const side of ['request', 'response'] as const) {
          const flexible = version >= api.flexibleFrom;
          const codec = compileStruct(api[side], version, flexible);
          const encode = (message: Record<string, unknown>): Buffer => {
            const writer = new Writer();
            codec.encode(writer, message);
            const chunks = writer.finish();
            expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(writer.length);
            return Buffer.concat(chunks);
          };
          fc.assert(
            fc.property(anyMessage(api[side], version, flexible), (message) => {
              const bytes = encode(message);
              expect(bytes.length).toBeGreaterThanOrEqual(codec.bytesMin);
              const reader = new Reader(bytes);
              const decoded = codec.decode(reader);
              reader.expectEnd();
              expect(decoded).toEqual(message);
              expect(encode(decoded).equals(bytes)).toBe(true);
            }),
            { numRuns: RUNS },
          );
        }
      }
    });
  }
});
