// `npm run dev`: the city, built anew and started again when a source changes. Arguments go to the city.
import { fork } from 'node:child_process';
import { watch } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const SETTLE_MS = 300;
let args = process.argv.slice(2);
let city;
let timer;
let ending = false;

const start = () => {
  city = fork(path.join(root, 'apps/launcher/dist/main.js'), args, { stdio: 'inherit' });
  // What a change of source starts again goes on with the data that is there.
  args = args.filter((arg) => arg !== '--fresh');
};

const stop = () =>
  new Promise((resolve) => {
    if (!city || city.exitCode !== null || city.signalCode !== null) resolve();
    else {
      city.once('exit', resolve);
      city.kill('SIGTERM');
    }
  });

/** One at a time: a change during a restart brings another one after it. */
let restarting = Promise.resolve();
const restart = () =>
  (restarting = restarting.then(async () => {
    if (ending || !(await build({ onlyIfStale: true }))) return;
    await stop();
    if (!ending) start();
  }));

function onChange(_event, file) {
  if (!file || /(^|\/)(dist|node_modules)\//.test(file) || !/\.(ts|tsx|css|html|json)$/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(() => void restart(), SETTLE_MS);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    ending = true;
    await stop();
    process.exit(0);
  });
}
for (const dir of ['apps', 'libs']) watch(path.join(root, dir), { recursive: true }, onChange);
if (await build({ onlyIfStale: true })) start();
