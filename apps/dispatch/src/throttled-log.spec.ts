import { expect, it } from '@jest/globals';
import { throttled } from './throttled-log.js';

it('lets one message of a kind through at a time', () => {
  const written: string[] = [];
  let nowMs = 0;
  const log = throttled(
    (message) => written.push(message),
    1_000,
    () => nowMs,
  );
  log('retrying', 'a');
  log('retrying', 'b');
  log('stuck', 'c');
  nowMs = 1_000;
  log('retrying', 'd');
  log('retrying', 'e');
  expect(written).toEqual(['a', 'c', 'd (and 1 more like this)']);
});
