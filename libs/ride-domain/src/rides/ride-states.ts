import type { RideEventType } from '../events/ride-events.js';

/**
 * The life of a ride.
 *
 * queued ──offered──▶ offered ──assigned──▶ en_route ──driver_arrived──▶ arrived ──started──▶ in_progress ──completed──▶ completed
 *   ▲                   │ declined, expired     │ driver_cancelled, requeued    │
 *   └───────────────────┴───────────────────────┴──────────────────────────────┘
 * queued, offered, en_route, arrived ──cancelled──▶ cancelled;  queued ──no_driver_found──▶ no_driver_found
 */
export const RIDE_STATES = [
  'queued',
  'offered',
  'en_route',
  'arrived',
  'in_progress',
  'completed',
  'cancelled',
  'no_driver_found',
] as const;
export type RideState = (typeof RIDE_STATES)[number];

export const FINAL_RIDE_STATES: ReadonlySet<RideState> = new Set(['completed', 'cancelled', 'no_driver_found']);

/**
 * Which event leads from which states to which. An event that is not listed for a state is out of order there: the fold
 * reports it and leaves the ride as it was. `ride.offer_accepted` and `ride.driver_cancelled` are what a phone says; the
 * ride moves when dispatch answers with `ride.assigned`, `ride.requeued` or `ride.cancelled`. `ride.cancelled` from `in_progress` is the
 * race in which the rider cancelled while the news of the start was on its way; the phone then ends the trip there.
 *
 * A phone's answer to an offer that is no longer open, and a phone's progress after the ride's end, are late, not illegal.
 */
export const RIDE_TRANSITIONS: Readonly<
  Record<RideEventType, { readonly from: readonly (RideState | 'none')[]; readonly to: RideState | 'same' }>
> = {
  'ride.queued': { from: ['none'], to: 'queued' },
  'ride.offered': { from: ['queued'], to: 'offered' },
  'ride.offer_accepted': { from: ['offered'], to: 'same' },
  'ride.offer_declined': { from: ['offered'], to: 'queued' },
  'ride.offer_expired': { from: ['offered'], to: 'queued' },
  'ride.assigned': { from: ['offered'], to: 'en_route' },
  'ride.driver_arrived': { from: ['en_route'], to: 'arrived' },
  'ride.started': { from: ['arrived'], to: 'in_progress' },
  'ride.completed': { from: ['in_progress'], to: 'completed' },
  'ride.driver_cancelled': { from: ['en_route', 'arrived'], to: 'same' },
  'ride.requeued': { from: ['en_route', 'arrived'], to: 'queued' },
  'ride.no_driver_found': { from: ['queued'], to: 'no_driver_found' },
  'ride.cancelled': { from: ['queued', 'offered', 'en_route', 'arrived', 'in_progress'], to: 'cancelled' },
};
