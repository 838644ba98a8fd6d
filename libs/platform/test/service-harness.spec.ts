import { expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openServiceWorld } from './service-harness.js';

it('stops the database it started when what comes after it fails', async () => {
  const name = `leak-${process.pid}`;
  // Topics without partitions are refused, by a broker and a database that run by then.
  await expect(openServiceWorld({ name, partitions: 0 })).rejects.toThrow();
  // The server holds its data directory until it ends.
  expect(readdirSync(tmpdir()).filter((entry) => entry.includes(name))).toEqual([]);
});
