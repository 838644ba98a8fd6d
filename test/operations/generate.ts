/** Writes the tables of docs/OPERATIONS.md: `npm run docs:operations`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { operationsDocument } from './document.ts';
import { askMetrics, DOCUMENT_FILE } from './facts.ts';

writeFileSync(DOCUMENT_FILE, operationsDocument(readFileSync(DOCUMENT_FILE, 'utf8'), await askMetrics()));
console.log(DOCUMENT_FILE);
