// Packs streaming-core as npm would publish it, installs the tarball into an empty directory and runs there, against nothing else of
// this repository: the kafkajs example, the command, `require`, suites of jest (CommonJS) and vitest, and the type check of a user's file.
// Needs the registry and about a minute, so it is no part of the tests: `node scripts/check-package.mjs`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const lockOf = (name) =>
  JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`].version;

const VITEST = 'vitest@5.1.1';
const directory = mkdtempSync(path.join(os.tmpdir(), 'streaming-core-package-'));

function run(what, command, args, cwd = directory, env = {}) {
  const startedAt = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, ...env },
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (status !== 0) throw new Error(`${what} failed: ${error?.message ?? ''}\n${stdout}\n${stderr}`);
  console.log(`${what}: fine (${seconds} s)`);
  return stdout;
}

const MANIFEST = { name: 'package-check', private: true, type: 'module' };
const USER_FILE = `
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';

const broker: TestBroker = await startTestBroker({ topics: { orders: 3 }, clock: 'manual' });
broker.faults.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER', { topic: 'orders', times: 2 });
// @ts-expect-error: names are checked
broker.faults.failNext('Product', 'NOT_LEADER_OR_FOLLOWER');
await broker.stop();
`;
const COMMONJS_SUITE = `
const { startTestBroker } = require('streaming-core/testing/test-broker');
test('a broker in a suite of CommonJS', async () => {
  const broker = await startTestBroker({ topics: { orders: 3 } });
  await broker.produce('orders', ['one']);
  expect(await broker.records('orders')).toMatchObject([{ value: 'one' }]);
  await broker.stop();
});
`;

const VITEST_SUITE = `
import { expect, test } from 'vitest';
import { startTestBroker } from 'streaming-core/testing/test-broker';
test('a broker in a suite of vitest', async () => {
  await using broker = await startTestBroker({ topics: { orders: 3 } });
  await broker.produce('orders', ['one']);
  expect(await broker.records('orders')).toMatchObject([{ value: 'one' }]);
});
`;

try {
  run('npm pack', 'npm', ['pack', '--silent', '--pack-destination', directory], path.join(root, 'libs/streaming-core'));
  const [tarball] = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify(MANIFEST));
  const others = ['kafkajs', 'typescript', '@types/node', 'jest'].map((name) => `${name}@${lockOf(name)}`);
  run('npm install', 'npm', ['install', '--no-audit', '--no-fund', `./${tarball}`, VITEST, ...others]);
  cpSync(path.join(root, 'examples/kafkajs'), path.join(directory, 'kafkajs'), { recursive: true });
  run('the kafkajs example', process.execPath, ['--test', 'kafkajs/test/billing.test.ts']);
  const version = run('the command', process.execPath, ['node_modules/streaming-core/bin/streaming-core.js', '--help']);
  if (!version.includes('serve')) throw new Error(`the command does not know serve:\n${version}`);
  mkdirSync(path.join(directory, 'commonjs'));
  writeFileSync(path.join(directory, 'commonjs/package.json'), '{"jest":{"testMatch":["**/*.spec.js"]}}');
  writeFileSync(path.join(directory, 'commonjs/broker.spec.js'), COMMONJS_SUITE);
  run('require', process.execPath, [
    '-e',
    "require('streaming-core/testing/test-broker').startTestBroker().then((b) => b.stop())",
  ]);
  const jest = path.join(directory, 'node_modules/jest/bin/jest.js');
  const flags = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };
  run('jest with CommonJS', process.execPath, [jest], path.join(directory, 'commonjs'), flags);
  mkdirSync(path.join(directory, 'vitest'));
  writeFileSync(path.join(directory, 'vitest/broker.spec.js'), VITEST_SUITE);
  run('vitest', process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', 'vitest']);
  writeFileSync(path.join(directory, 'user.mts'), USER_FILE);
  const tsc = ['node_modules/typescript/bin/tsc', '--noEmit', '--strict', '--skipLibCheck', 'false', '--types', 'node'];
  const modules = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable'];
  run('the types', process.execPath, [...tsc, ...modules, 'user.mts']);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
