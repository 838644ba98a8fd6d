import { io, type Socket } from 'socket.io-client';
import type {
  ClientToServerEvents,
  LiveDelta,
  LiveRide,
  LiveSnapshot,
  ServerToClientEvents,
} from '../../apps/dispatch/src/live/protocol.js';
import { until } from './until.ts';

/** What a browser's dashboard keeps: one snapshot and the deltas after it, every one acknowledged. */
export class LiveDashboard {
  readonly rides = new Map<string, LiveRide>();
  readonly vehicles = new Map<string, { readonly state: string; readonly rideId: string | null }>();
  /** Numbers that did not follow on the one before. */
  readonly gaps: string[] = [];
  private readonly statesSeen = new Map<string, string[]>();
  private epoch = '';
  private seq = -1;

  private constructor(private readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>) {
    socket.on('snapshot', (snapshot) => this.begin(snapshot));
    socket.on('delta', (delta, done) => {
      this.take(delta);
      done();
    });
  }

  /** Connects and waits for the snapshot. */
  static async open(dispatchUrl: string): Promise<LiveDashboard> {
    const dashboard = new LiveDashboard(io(`${dispatchUrl}/live`, { transports: ['websocket'], forceNew: true }));
    await until('a snapshot of the city', () => dashboard.epoch !== '');
    return dashboard;
  }

  /** The states that a ride was shown in, in order. Quick ones may be merged into one delta. */
  statesOf(rideId: string): readonly string[] {
    return this.statesSeen.get(rideId) ?? [];
  }

  async shows(rideId: string, state: LiveRide['state']): Promise<LiveRide> {
    return until(
      `the dashboard to show ride ${rideId} as ${state}`,
      () => {
        const ride = this.rides.get(rideId);
        return ride?.state === state ? ride : undefined;
      },
      { seen: () => this.statesOf(rideId).join(', ') },
    );
  }

  close(): void {
    this.socket.close();
  }

  private begin({ epoch, seq, rides, vehicles }: LiveSnapshot): void {
    this.epoch = epoch;
    this.seq = seq;
    this.rides.clear();
    this.vehicles.clear();
    this.draw(rides, vehicles);
  }

  private take({ epoch, seq, rides, ridesGone, vehicles, vehiclesGone }: LiveDelta): void {
    if (epoch !== this.epoch || seq !== this.seq + 1) this.gaps.push(`${this.seq} then ${seq}`);
    this.seq = seq;
    this.draw(rides, vehicles);
    for (const rideId of ridesGone) this.rides.delete(rideId);
    for (const driverId of vehiclesGone) this.vehicles.delete(driverId);
  }

  private draw(rides: LiveDelta['rides'], vehicles: LiveDelta['vehicles']): void {
    for (const ride of rides) {
      this.rides.set(ride.rideId, ride);
      const states = this.statesSeen.get(ride.rideId) ?? [];
      if (states.at(-1) !== ride.state) states.push(ride.state);
      this.statesSeen.set(ride.rideId, states);
    }
    for (const [driverId, , , , state, rideId] of vehicles) this.vehicles.set(driverId, { state, rideId });
  }
}
