/**
 * One matching tick, 1,000 waiting rides and 2,000 idle drivers at random corners of a city: candidates by road travel time,
 * then minimum-cost assignment. Prints p50 and p99 per city and policy, and the share of the 50 ms budget.
 *
 * Run after a build: `node bench/matching-tick.ts [city pack directory ...]`
 */
import { existsSync } from 'node:fs';
import os from 'node:os';
import { defaultCityDir, loadCityPack, type CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import { createPolicy, POLICY_NAMES, type PolicyName } from '@ridestream/dispatch/matching/policies';
import type { IdleDriver, WaitingRide } from '@ridestream/dispatch/matching/policy';

const BUDGET_MS = 50;
const ROUNDS = 200;
const WARM_UP_ROUNDS = 20;
const CASES = [
  { rides: 1000, drivers: 2000 },
  { rides: 1000, drivers: 1000 },
  { rides: 1000, drivers: 200 },
  { rides: 50, drivers: 2000 },
];

interface Result {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly matched: number;
  readonly meanEtaS: number;
}

function measure(pack: CityPack, policyName: PolicyName, rideCount: number, driverCount: number): Result {
  const policy = createPolicy(policyName, pack.graph);
  const random = new SeededRandom(1);
  const corner = (): number => Math.floor(random.next() * pack.graph.nodeCount);
  const times: number[] = [];
  let matched = 0;
  let etaS = 0;
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const rides: WaitingRide[] = Array.from({ length: rideCount }, (_, i) => ({
      rideId: `r${i}`,
      pickupNode: corner(),
      vehicleClass: 'standard',
      waitedS: (rideCount - i) / 10,
      isBlocked: () => false,
    }));
    const drivers: IdleDriver[] = Array.from({ length: driverCount }, (_, i) => ({
      driverId: `d${i}`,
      node: corner(),
      vehicleClass: 'standard',
    }));
    const startedAt = performance.now();
    const matches = policy.match({ rides, drivers, cityMs: pack.defaultStartMs });
    if (round < WARM_UP_ROUNDS) continue;
    times.push(performance.now() - startedAt);
    matched += matches.length;
    etaS += matches.reduce((sum, match) => sum + match.etaS, 0);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { p50Ms: at(0.5), p99Ms: at(0.99), matched: matched / ROUNDS, meanEtaS: etaS / Math.max(1, matched) };
}

const given = process.argv.slice(2);
const dirs = given.length > 0 ? given : [defaultCityDir()];
console.log(`matching tick, ${os.cpus().length} x ${os.cpus()[0]?.model ?? 'cpu'}, Node ${process.versions.node}`);
for (const dir of dirs.filter((path) => existsSync(path))) {
  const pack = await loadCityPack(dir);
  console.log(`${pack.name}: ${pack.graph.nodeCount} junctions, ${pack.graph.edgeCount} edges`);
  for (const { rides, drivers } of CASES) {
    for (const name of POLICY_NAMES) {
      const { p50Ms, p99Ms, matched, meanEtaS } = measure(pack, name, rides, drivers);
      const share = ((100 * p99Ms) / BUDGET_MS).toFixed(0);
      console.log(
        `  ${String(rides).padStart(5)} x ${String(drivers).padEnd(5)} ${name.padEnd(8)} p50 ${p50Ms.toFixed(1).padStart(6)} ms  ` +
          `p99 ${p99Ms.toFixed(1).padStart(6)} ms = ${share.padStart(3)} % of ${BUDGET_MS} ms; ` +
          `${matched.toFixed(0)} matched, mean pick-up ${meanEtaS.toFixed(0)} s`,
      );
    }
  }
}
