import type { LiveRide } from '../../../src/live/protocol.js';
import type { RequestState } from '../request/request-flow.js';
import type { Pin } from './ride-layers.js';

/** Pins for what the person is at: the places of the request, else the selected ride's, and those of the own ride. */
export function pinsOf(request: RequestState, rides: readonly (LiveRide | undefined)[]): Pin[] {
  const pins: Pin[] = [];
  if (request.step !== 'closed') {
    if (request.step !== 'pickup') pins.push({ name: 'pin-pickup', at: [request.pickup.lon, request.pickup.lat] });
    if ('dropoff' in request) pins.push({ name: 'pin-dropoff', at: [request.dropoff.lon, request.dropoff.lat] });
    return pins;
  }
  for (const ride of new Set(rides)) {
    if (!ride) continue;
    pins.push({ name: 'pin-dropoff', at: ride.dropoff });
    if (ride.state !== 'in_progress' && ride.state !== 'completed') pins.push({ name: 'pin-pickup', at: ride.pickup });
  }
  return pins;
}
