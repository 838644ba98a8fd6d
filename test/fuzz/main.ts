/**
 * Fuzzes every decoder for as long as it is told to, until the first input that breaks a property.
 *
 *   npm run fuzz -- [--seconds 60] [--seed N] [--target name] [--run n]
 *
 * `--target` takes those targets whose names contain the text (`broker` is a whole broker, which has the last third of the time);
 * `--run` repeats one run of a report.
 */
import { parseArgs } from 'node:util';
import { fuzzBroker } from './broker-fuzz.ts';
import { runOnce } from './run.ts';
import { TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string', default: '' },
    run: { type: 'string' },
  },
});
const seed = Number(values.seed);
const seconds = Number(values.seconds);
const targets = TARGETS.filter(({ name }) => name.includes(values.target));
const hasBroker = 'broker'.includes(values.target);
if ((targets.length === 0 && !hasBroker) || !Number.isInteger(seed) || !(seconds > 0)) {
  console.error('usage: npm run fuzz -- [--seconds 60] [--seed N] [--target name] [--run n]');
  process.exit(2);
}

console.log(`seed ${seed}`);
try {
  if (values.run !== undefined) for (const target of targets) runOnce(target, seed, Number(values.run));
  else await fuzzAll();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function fuzzAll(): Promise<void> {
  const decoderShare = targets.length === 0 ? 0 : hasBroker ? 2 / 3 : 1;
  if (decoderShare > 0) fuzzDecoders(seconds * decoderShare * 1_000);
  if (!hasBroker) return;
  const untilMs = performance.now() + seconds * (1 - decoderShare) * 1_000;
  const requests = await fuzzBroker(seed, () => performance.now() < untilMs);
  console.log(`${requests} requests to a broker, no failure`);
}

/** All targets in turn, so that none waits for another. */
function fuzzDecoders(milliseconds: number): void {
  const untilMs = performance.now() + milliseconds;
  let run = 0;
  for (; performance.now() < untilMs; run++) for (const target of targets) runOnce(target, seed, run);
  console.log(`${run} runs of each of ${targets.length} targets, no failure`);
}
