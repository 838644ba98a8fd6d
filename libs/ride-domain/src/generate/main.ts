import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultCityDir } from '../city/load-city-pack.js';
import { merrowBayFiles } from './city-files.js';

/** Writes the city that ships with this package: `node libs/ride-domain/dist/generate/main.js [directory]`. */
const dir = path.resolve(process.argv[2] ?? defaultCityDir());
await mkdir(dir, { recursive: true });
for (const [name, text] of merrowBayFiles()) {
  await writeFile(path.join(dir, name), text);
  process.stdout.write(`${name.padEnd(18)}${(text.length / 1024).toFixed(0).padStart(5)} KB\n`);
}
