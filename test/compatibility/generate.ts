/** Writes docs/COMPATIBILITY.md: `npm run docs:compatibility`. */
import { writeFileSync } from 'node:fs';
import { compatibilityDocument } from './document.ts';
import { askServed, DOCUMENT_FILE, KAFKA } from './served.ts';

writeFileSync(DOCUMENT_FILE, compatibilityDocument(KAFKA, await askServed()));
console.log(DOCUMENT_FILE);
