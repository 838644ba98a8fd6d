/**
 * The consensus core by the thousand seeds: a group of replicas under lost, late and doubled messages, cut links, power loss, failed
 * syncs, emptied disks, pauses and changes of members, checked after every event; then it must heal. Prints each seed that breaks a
 * promise, with the command that shows it again, and exits with 1.
 *
 *   npm run sim:raft -- --seeds 5000
 *   npm run sim:raft -- --seed 1234 --trace
 *   npm run sim:raft -- --mutants           how many seeds it takes to find faults of ours, put in on purpose
 */
import { parseArgs } from 'node:util';
import { findMutant, RAFT_MUTANTS } from 'streaming-core/sim/raft/raft-mutants';
import { runRaftSeed } from 'streaming-core/sim/raft/raft-run';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    trace: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('Usage: npm run sim:raft -- [--seed FIRST] [--seeds COUNT] [--trace] | --mutants [--seeds MOST]');
  process.exit(0);
}
const first = Number(values.seed);
const count = Number(values.seeds ?? (values.mutants ? 1000 : 1));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) {
  console.error('--seed and --seeds want whole numbers');
  process.exit(2);
}
process.exit(values.mutants ? findMutants() : runSeeds());

function runSeeds(): number {
  const totals = { events: 0, messages: 0, epochsLed: 0, committedBatches: 0, memberChanges: 0, broken: 0 };
  const trace = values.trace ? (line: string): void => console.log(line) : undefined;
  for (let seed = first; seed < first + count; seed++) {
    try {
      const report = runRaftSeed({ seed, ...(trace && { trace }) });
      totals.events += report.events;
      totals.messages += report.messages;
      totals.epochsLed += report.epochsLed;
      totals.committedBatches += report.committedBatches;
      totals.memberChanges += report.memberChanges;
    } catch (error) {
      totals.broken += 1;
      console.log(`seed ${seed}: ${String(error)}\n  npm run sim:raft -- --seed ${seed} --trace`);
    }
  }
  const { broken, events, messages, epochsLed, committedBatches, memberChanges } = totals;
  console.log(
    `${count} seeds, ${events} events, ${messages} messages, ${epochsLed} epochs led, ${committedBatches} batches and ` +
      `${memberChanges} memberships committed: ${broken} broke a promise`,
  );
  return broken > 0 ? 1 : 0;
}

function findMutants(): number {
  let missed = 0;
  for (const mutant of RAFT_MUTANTS) {
    const found = findMutant(mutant, count);
    if (found === null) missed += 1;
    console.log(`${mutant.name}\n    ${found ? `seed ${found.seed}: ${found.seen}` : `not found in ${count} seeds`}`);
  }
  return missed > 0 ? 1 : 0;
}
