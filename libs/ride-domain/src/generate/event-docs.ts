import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncApiDocument } from '../events/async-api.js';

/** Where the description of the events lies in the repository. */
export const EVENT_DOCS_FILE = fileURLToPath(new URL('../../../../docs/events/asyncapi.json', import.meta.url));

/** Raised with the events: a field more is a minor step, another version of an event a major one. */
const EVENTS_VERSION = '1.0.0';

export const eventDocsText = (): string => `${JSON.stringify(asyncApiDocument(EVENTS_VERSION), null, 2)}\n`;

/** `node libs/ride-domain/dist/generate/event-docs.js` writes the file. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(path.dirname(EVENT_DOCS_FILE), { recursive: true });
  await writeFile(EVENT_DOCS_FILE, eventDocsText());
  process.stdout.write(`${EVENT_DOCS_FILE}\n`);
}
