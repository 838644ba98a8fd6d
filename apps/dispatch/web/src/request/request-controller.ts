import { dispatchApi, messageOf, RequestFailed } from '../api/dispatch-api.js';
import { createStore, type Store } from '../state/store.js';
import { requestStep, type RequestEvent, type RequestState } from './request-flow.js';

const RIDER_KEY = 'ridestream.rider';
const RIDE_KEY = 'ridestream.my-ride';

/** This browser's rider: the same one at the next visit. */
function riderId(): string {
  const known = localStorage.getItem(RIDER_KEY);
  if (known) return known;
  const fresh = `web-${crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36)}`;
  localStorage.setItem(RIDER_KEY, fresh);
  return fresh;
}

const blamed = (error: unknown): 'pickup' | 'dropoff' =>
  error instanceof RequestFailed && error.fields.some((field) => field.startsWith('pickup')) ? 'pickup' : 'dropoff';

/** Runs the request flow against the gateway and remembers the ride that it ended in. */
export class RequestController {
  readonly state: Store<RequestState> = createStore<RequestState>({ step: 'closed' });
  /** The ride asked for here, until its card is closed; it survives a reload of the page. */
  readonly myRideId: Store<string | null> = createStore(sessionStorage.getItem(RIDE_KEY));
  /** Counts answers awaited, so that a late quote for other places is dropped. */
  private turn = 0;

  send(event: RequestEvent): void {
    const before = this.state.get();
    const after = requestStep(before, event);
    if (after === before) return;
    this.state.set(after);
    if (after.step === 'quoting') void this.quote();
    if (after.step === 'confirming') void this.confirm();
  }

  follow(rideId: string | null): void {
    if (rideId === null) sessionStorage.removeItem(RIDE_KEY);
    else sessionStorage.setItem(RIDE_KEY, rideId);
    this.myRideId.set(rideId);
  }

  private async quote(): Promise<void> {
    const state = this.state.get();
    if (state.step !== 'quoting') return;
    const turn = ++this.turn;
    const answer = await dispatchApi.quote(state.pickup, state.dropoff).then(
      (quote): RequestEvent => ({ type: 'quote', quote }),
      (error: unknown): RequestEvent => ({ type: 'failed', problem: messageOf(error), about: blamed(error) }),
    );
    if (turn === this.turn) this.send(answer);
  }

  private async confirm(): Promise<void> {
    const state = this.state.get();
    if (state.step !== 'confirming') return;
    const { pickup, dropoff } = state;
    try {
      const { rideId } = await dispatchApi.requestRide({ riderId: riderId(), pickup, dropoff });
      this.send({ type: 'requested' });
      this.follow(rideId);
    } catch (error) {
      this.send({ type: 'failed', problem: messageOf(error) });
    }
  }
}
