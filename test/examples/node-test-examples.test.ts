/** The examples that run under node:test, as their users run them; examples/nestjs-orders is a jest suite itself. */
import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples');

it.each([
  ['kafkajs', 'test/billing.test.ts', 4],
  ['platformatic', 'test/temperatures.test.ts', 2],
])('examples/%s passes its own tests', async (example, file, tests) => {
  const child = spawn(process.execPath, ['--test', '--test-reporter', 'tap', file], {
    cwd: path.join(EXAMPLES, example),
    // The runner's own flags are not the example's.
    env: { PATH: process.env['PATH'] },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`node --test ended with ${code}:\n${output}`);
  expect(output).toContain(`# pass ${tests}\n`);
});

it('lets CommonJS require the test broker', async () => {
  const source = `require('streaming-core/testing/test-broker').startTestBroker().then((broker) => broker.stop())`;
  const child = spawn(process.execPath, ['--input-type=commonjs', '-e', source], { cwd: EXAMPLES, stdio: 'inherit' });
  expect(await once(child, 'close')).toEqual([0, null]);
});
