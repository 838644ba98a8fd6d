// `npm start`: checks the runtime, compiles what changed, starts the city. One process, so that signals reach it.
import './check-runtime.mjs';
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../node_modules/@swc/core', import.meta.url))) {
  console.error('The dependencies are not installed: run `npm ci` first.');
  process.exit(1);
}
const { build } = await import('./build.mjs');
if (await build({ onlyIfStale: true })) await import('../apps/launcher/dist/main.js');
else process.exitCode = 1;
