/** Of one run of the simulation. Short, and never the same twice: city time goes on from run to run. */
export const runIdOf = (seed: number, startMs: number): string =>
  `sim-${seed.toString(36)}-${Math.floor(startMs / 1000).toString(36)}`;

export const firstRideId = (runId: string, number: number): string => `${runId}-${number}`;

/** A rider who asks again for the same trip: the second ride of `sim-1-t-7` is `sim-1-t-7r2`. */
export const againRideId = (rideId: string, attempt: number): string => `${rideId.replace(/r\d+$/, '')}r${attempt}`;

/** Whether riders of a simulation gave this id to a ride: other rides have riders of their own. */
export const isSimulatedRide = (rideId: string): boolean => /^sim-[0-9a-z]+-[0-9a-z]+-\d+(r\d+)?$/.test(rideId);

/** 1 for the first request of a trip. */
export const attemptOf = (rideId: string): number => Number(/r(\d+)$/.exec(rideId)?.[1] ?? 1);
