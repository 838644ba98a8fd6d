import { describe, expect, it } from '@jest/globals';
import { ALL_APIS, isApiKey, type ApiKey } from '../wire/apis/registry.js';
import { ERROR } from '../wire/error-codes.js';
import { decodeResponse, encodeResponse } from '../wire/messages.js';
import { includes, type Fields } from '../wire/schema.js';
import { errorAnswer, errorsIn, joinAnswers } from './error-answer.js';
import type { Struct } from './plain.js';
import { splitByTopic } from './request-facts.js';

const names = (): null => null;

/** A request with one entry in every list. */
function sample(fields: Fields, version: number): Struct {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { shape, defaultValue, versions }]) => {
      if (shape.kind !== 'array' || !includes(versions, version)) return [name, defaultValue];
      if ('fields' in shape.element) return [name, [sample(shape.element.fields, version)]];
      return [name, [shape.element.scalar === 'string' ? 'a-name' : 1]];
    }),
  );
}

function throughTheWire(key: ApiKey, version: number, answer: Struct): Struct {
  const frame = Buffer.concat(encodeResponse(key, version, 1, answer as never));
  return decodeResponse(key, version, frame.subarray(4)).body;
}

const cases = ALL_APIS.flatMap(({ key, name, versions, request }) =>
  isApiKey(key)
    ? Array.from({ length: versions.max - versions.min + 1 }, (_, index) => ({
        key,
        name,
        version: versions.min + index,
        request,
      }))
    : [],
);

describe('an answer made of an error', () => {
  it.each(cases)('$name $version can be sent and holds the code', ({ key, version, request }) => {
    const answer = errorAnswer(key, version, sample(request, version), ERROR.UNKNOWN_SERVER_ERROR, names);
    expect(errorsIn(throughTheWire(key, version, answer))).toEqual(['UNKNOWN_SERVER_ERROR']);
  });

  it('names every partition of a produce request, and no offset', () => {
    const topicData = [{ name: 'orders', topicId: '', partitionData: [{ index: 0 }, { index: 2 }] }];
    const answer = errorAnswer(0, 9, { topicData }, ERROR.NOT_LEADER_OR_FOLLOWER, names);
    expect(throughTheWire(0, 9, answer)['responses']).toMatchObject([
      {
        name: 'orders',
        partitionResponses: [
          { index: 0, errorCode: 6, baseOffset: -1n },
          { index: 2, errorCode: 6, baseOffset: -1n },
        ],
      },
    ]);
  });

  it('tells a fetch about its partitions, and about its session only where that is the trouble', () => {
    const request = { topics: [{ topic: 'orders', partitions: [{ partition: 4 }] }] };
    const partition = errorAnswer(1, 12, request, ERROR.OFFSET_OUT_OF_RANGE, names);
    expect(partition).toMatchObject({
      errorCode: 0,
      responses: [{ partitions: [{ partitionIndex: 4, errorCode: 1 }] }],
    });
    const session = errorAnswer(1, 12, request, ERROR.FETCH_SESSION_ID_NOT_FOUND, names);
    expect(session).toMatchObject({ errorCode: 70, responses: [] });
  });

  it('joins what one partition was refused with what the others were answered', () => {
    const request = { topicData: [{ name: 'orders', partitionData: [{ index: 0 }, { index: 1 }] }, { name: 'other' }] };
    const { inside, outside } = splitByTopic(request, { topic: 'orders', partition: 1 }, names);
    expect(inside).toEqual({ topicData: [{ name: 'orders', partitionData: [{ index: 1 }] }] });
    expect(outside).toEqual({ topicData: [{ name: 'orders', partitionData: [{ index: 0 }] }, { name: 'other' }] });
    const refused = errorAnswer(0, 7, inside, 6, names);
    const served = {
      responses: [{ name: 'orders', partitionResponses: [{ index: 0, errorCode: 0 }] }, { name: 'other' }],
    };
    expect(joinAnswers(served, refused)['responses']).toMatchObject([
      { name: 'orders', partitionResponses: [{ index: 0 }, { index: 1, errorCode: 6 }] },
      { name: 'other' },
    ]);
  });
});
