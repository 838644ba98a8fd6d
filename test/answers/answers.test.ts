import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { askAll } from './ask.ts';
import { differencesBetween, REASONS, type Difference } from './differences.ts';
import { readGolden } from './golden.ts';

let broker: TestBroker;
let differences: readonly Difference[];

beforeAll(async () => {
  broker = await startTestBroker({ config: { 'auto.create.topics.enable': 'false' } });
  differences = differencesBetween(await askAll(broker.port), readGolden().answers);
});

afterAll(() => broker.stop());

const isReasoned = ({ name, path }: Difference): boolean =>
  REASONS.some(({ cases, paths }) => cases.test(name) && paths.test(path));

it('answers as Apache Kafka answered the same requests, but for what differs on purpose', () => {
  expect(differences.filter((difference) => !isReasoned(difference))).toEqual([]);
});

it('has no reasons for differences that are gone', () => {
  const gone = REASONS.filter(
    ({ cases, paths }) => !differences.some(({ name, path }) => cases.test(name) && paths.test(path)),
  );
  expect(gone.map(({ why }) => why)).toEqual([]);
});
