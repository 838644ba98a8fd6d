/** Of one run of the simulation. Short, and never the same twice: city time goes on from run to run. */
export const runIdOf = (seed: number, startMs: number): string =>
  `sim-${seed.toString(36)}-${Math.floor(startMs / 1000).toString(36)}`;

/** Whether riders of a simulation gave this id to a ride: other rides have riders of their own. */
export const isSimulatedRide = (rideId: string): boolean => /^sim-[0-9a-z]+-[0-9a-z]+-\d+$/.test(rideId);
