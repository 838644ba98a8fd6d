/**
 * Crash tests by the thousand: machines that write, clean and fail on a simulated disk until they die at some step of it, and what
 * the next one finds. Prints each seed that breaks a promise, with the command that shows it again, and exits with 1.
 *
 *   npm run crash -- --seeds 5000
 *   npm run crash -- --seed 1234 --flush os --trace
 */
import { parseArgs } from 'node:util';
import { runCrashSeed } from 'streaming-core/sim/crash-run';

const FLUSHES = ['fsync', 'interval', 'os'] as const;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    flush: { type: 'string' },
    workload: { type: 'string', default: 'all' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'Usage: npm run crash -- [--seed FIRST] [--seeds COUNT] [--flush fsync|interval|os] [--workload all|records] [--trace]',
  );
  process.exit(0);
}
const first = Number(values.seed);
const count = Number(values.seeds ?? 1);
const flushes = FLUSHES.filter((flush) => values.flush === undefined || values.flush === flush);
const workload = values.workload === 'all' || values.workload === 'records' ? values.workload : null;
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || flushes.length === 0 || workload === null) {
  console.error('--seed and --seeds want whole numbers, --flush one of fsync, interval, os, --workload all or records');
  process.exit(2);
}

/** What nobody waited for ends a broker just as well. */
const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
const totals = { runs: 0, steps: 0, crashes: 0, recoveriesCrashed: 0, broken: 0 };
for (let seed = first; seed < first + count; seed++) {
  for (const flush of flushes) {
    totals.runs += 1;
    try {
      const trace = values.trace ? (line: string): void => console.log(line) : undefined;
      const report = await runCrashSeed({ seed, flush, workload, ...(trace && { trace }) });
      // One turn for rejections to be told.
      await new Promise(setImmediate);
      if (unhandled.length > 0) throw new Error(`seed ${seed}: unhandled: ${String(unhandled[0])}`);
      totals.steps += report.steps;
      totals.crashes += report.crashes;
      totals.recoveriesCrashed += report.recoveriesCrashed;
    } catch (error) {
      totals.broken += 1;
      unhandled.length = 0;
      console.log(
        `${String(error)}\n  npm run crash -- --seed ${seed} --flush ${flush} --workload ${workload} --trace`,
      );
    }
  }
}
console.log(
  `${totals.runs} runs, ${totals.crashes} crashes (${totals.recoveriesCrashed} of them in recovery), ${totals.steps} disk steps: ${totals.broken} broke a promise`,
);
process.exit(totals.broken > 0 ? 1 : 0);
