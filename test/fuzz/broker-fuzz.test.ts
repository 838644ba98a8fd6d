import { expect, it } from '@jest/globals';
import { fuzzBroker } from './broker-fuzz.ts';

const SEED = 20_260_101;
const REQUESTS = 1_000;

it('a broker answers or refuses a thousand requests that make half sense, and no handler fails', async () => {
  await expect(fuzzBroker(SEED, (requests) => requests < REQUESTS)).resolves.toBe(REQUESTS);
});
