/**
 * Fuzzes every decoder for as long as it is told to, until the first input that breaks a property.
 *
 *   npm run fuzz -- [--seconds 60] [--seed N] [--target name] [--run n]
 *
 * `--target` takes those targets whose names contain the text; `--run` repeats one run of a report.
 */
import { parseArgs } from 'node:util';
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
if (targets.length === 0 || !Number.isInteger(seed) || !(seconds > 0)) {
  console.error('usage: npm run fuzz -- [--seconds 60] [--seed N] [--target name] [--run n]');
  process.exit(2);
}

console.log(`seed ${seed}, ${targets.length} targets`);
try {
  if (values.run === undefined) fuzzFor(seconds * 1_000);
  else for (const target of targets) runOnce(target, seed, Number(values.run));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** All targets in turn, so that none waits for another. */
function fuzzFor(milliseconds: number): void {
  const startedAt = performance.now();
  const runs = ((): number => {
    for (let run = 0; ; run++) {
      for (const target of targets) {
        runOnce(target, seed, run);
        if (performance.now() - startedAt > milliseconds) return run;
      }
    }
  })();
  console.log(`${runs} runs of each target in ${Math.round((performance.now() - startedAt) / 1_000)} s, no failure`);
}
