import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { operationsDocument } from './document.ts';
import { askMetrics, DOCUMENT_FILE } from './facts.ts';

it('docs/OPERATIONS.md is what the code says; `npm run docs:operations` writes its tables anew', async () => {
  const present = readFileSync(DOCUMENT_FILE, 'utf8');
  expect(present).toBe(operationsDocument(present, await askMetrics()));
});
