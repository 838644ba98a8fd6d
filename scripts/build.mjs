// Compiles every package with SWC and the dashboard with Vite. Types are checked apart, by `npm run typecheck`.
// With --if-stale (what `npm start` does) it skips what was built from the same sources before.
import { spawn } from 'node:child_process';
import { globSync, readFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { rolldown } from 'rolldown';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const swcPackages = workspaces.filter((dir) => !dir.endsWith('/web'));
const web = 'apps/dispatch/web';
/** Programs that must be there at once: Node loads one file three times faster than the three hundred that it is made of. */
const bundles = {
  'libs/streaming-core': { 'test-broker': 'dist/testing/test-broker.js', cli: 'dist/cli/main.js' },
};

const filesOf = (dir, pattern) =>
  globSync(pattern, { cwd: path.join(root, dir), exclude: (name) => ['node_modules', 'dist'].includes(String(name)) });

const newest = (dir, files) =>
  files.reduce((latest, file) => Math.max(latest, statSync(path.join(root, dir, file)).mtimeMs), 0);

/** The newest change that an output depends on: its sources and the tools' settings and versions. */
const inputsChangedAt = (dir, files) =>
  Math.max(newest(dir, files), newest('.', ['.swcrc', 'package-lock.json', 'scripts/build.mjs']));

const stamp = (dir) => path.join(root, dir, 'dist/.built');

const isFresh = (dir, files) => existsSync(stamp(dir)) && readFileSync(stamp(dir), 'utf8') === fingerprint(dir, files);

const fingerprint = (dir, files) => `${files.length} ${inputsChangedAt(dir, files)}`;

/** In one step: a service that starts during a build finds the old file or the new one, never none. */
function replaceFile(file, contents) {
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, contents);
  renameSync(partial, file);
}

/** Removes what sources that are gone have left behind. */
function removeOthers(dir, wanted) {
  for (const file of globSync('**/*.{js,js.map}', { cwd: dir })) {
    if (!wanted.has(path.join(dir, file))) rmSync(path.join(dir, file));
  }
}

async function buildPackage(dir, onlyIfStale) {
  const sources = filesOf(dir, 'src/**/*.ts').filter((file) => !file.endsWith('.spec.ts'));
  if (onlyIfStale && isFresh(dir, sources)) return 0;
  const outputs = await Promise.all(
    sources.map(async (file) => {
      const input = path.join(root, dir, file);
      const output = path.join(root, dir, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
      const { code, map } = await transformFile(input, { cwd: root, root, outputPath: output });
      mkdirSync(path.dirname(output), { recursive: true });
      const name = path.basename(output);
      replaceFile(output, `${code}\n//# sourceMappingURL=${name}.map\n`);
      replaceFile(`${output}.map`, map);
      return [output, `${output}.map`];
    }),
  );
  mkdirSync(path.join(root, dir, 'dist'), { recursive: true });
  if (bundles[dir] !== undefined) outputs.push(await bundle(dir, bundles[dir]));
  removeOthers(path.join(root, dir, 'dist'), new Set(outputs.flat()));
  writeFileSync(stamp(dir), fingerprint(dir, sources));
  return sources.length;
}

/** Packages that come from npm stay outside. */
async function bundle(dir, entries) {
  const isOfOthers = (id) => !id.startsWith('.') && !path.isAbsolute(id);
  const program = await rolldown({ input: entries, cwd: path.join(root, dir), platform: 'node', external: isOfOthers });
  const { output } = await program.generate({ format: 'esm', sourcemap: true, chunkFileNames: '[name].js' });
  await program.close();
  const target = path.join(root, dir, 'dist/bundles');
  mkdirSync(target, { recursive: true });
  return output.map(({ type, fileName, code, source }) => {
    const file = path.join(target, fileName);
    replaceFile(file, type === 'chunk' ? code : source);
    return file;
  });
}

async function buildWeb(onlyIfStale) {
  if (!existsSync(path.join(root, web, 'index.html'))) return false;
  const sources = [...filesOf(web, 'src/**/*'), ...filesOf(web, '*.{html,ts,json}')].filter((file) =>
    statSync(path.join(root, web, file)).isFile(),
  );
  if (onlyIfStale && isFresh(web, sources)) return false;
  await new Promise((resolve, reject) => {
    const vite = path.join(root, 'node_modules/vite/bin/vite.js');
    const child = spawn(
      process.execPath,
      [vite, 'build', '--logLevel', 'warn', '--outDir', 'dist.next', '--emptyOutDir'],
      {
        cwd: path.join(root, web),
        stdio: 'inherit',
      },
    );
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`vite build ended with code ${code}`))));
  });
  rmSync(path.join(root, web, 'dist'), { recursive: true, force: true });
  renameSync(path.join(root, web, 'dist.next'), path.join(root, web, 'dist'));
  writeFileSync(stamp(web), fingerprint(web, sources));
  return true;
}

/** Builds what is stale, or everything. Returns whether it succeeded; it has then said what it did. */
export async function build({ onlyIfStale }) {
  const startedAt = performance.now();
  try {
    const [webBuilt, ...counts] = await Promise.all([
      buildWeb(onlyIfStale),
      ...swcPackages.map((dir) => buildPackage(dir, onlyIfStale)),
    ]);
    const files = counts.reduce((sum, count) => sum + count, 0);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (files > 0 || webBuilt) {
      console.log(`built ${files} files${webBuilt ? ' and the dashboard' : ''} in ${seconds} s`);
    }
    return true;
  } catch (error) {
    console.error(`build failed: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await build({ onlyIfStale: process.argv.includes('--if-stale') });
  if (!built) process.exitCode = 1;
}
