#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/bundles/cli.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('streaming-core is not built yet. Run `npm run build` first.');
  process.exitCode = 1;
}
