// Runs the benchmarks one after the other: `npm run bench`, or some of them: `npm run bench -- log matching-tick`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const all = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts' && !file.startsWith('support'))
  .map((file) => path.basename(file, '.ts'));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0 || asked.includes('--help')) {
  console.log(`Usage: npm run bench -- [${all.join(' | ')}]...`);
  process.exit(asked.includes('--help') ? 0 : 2);
}
if (!existsSync(path.join(here, '../libs/streaming-core/dist'))) {
  console.error('Nothing is built: run `npm run build` first.');
  process.exit(2);
}
const [cpu] = os.cpus();
console.log(
  `${os.cpus().length} x ${cpu?.model ?? 'unknown processor'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
);
let failed = 0;
/** Takes an hour: only when asked for. */
const BY_NAME_ONLY = ['soak'];
for (const name of asked.length > 0 ? asked : all.filter((each) => !BY_NAME_ONLY.includes(each))) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [path.join(here, `${name}.ts`)], { stdio: 'inherit' });
  if (status !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
