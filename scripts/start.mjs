// `npm start`: checks the runtime, compiles what changed, starts the city. One process, so that signals reach it.
import './check-runtime.mjs';

const { build } = await import('./build.mjs');
if (await build({ onlyIfStale: true })) await import('../apps/launcher/dist/main.js');
else process.exitCode = 1;
