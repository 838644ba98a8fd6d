// What goes into the npm package of streaming-core beside its sources: compiled modules and their type declarations.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
if (!(await build({ onlyIfStale: true }))) process.exit(1);
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const project = path.join(root, 'libs/streaming-core/tsconfig.json');
// npm hands out the lines of this script's standard output as its own.
const { status } = spawnSync(process.execPath, [tsc, '-p', project, '--declaration', '--emitDeclarationOnly'], {
  stdio: ['ignore', 2, 2],
});
process.exitCode = status ?? 1;
