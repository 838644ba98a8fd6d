import type { ReactElement } from 'react';
import type { LiveRide } from '../../../src/live/protocol.js';
import { useDashboard, usePulse, useStore } from '../app/dashboard.js';
import { formatDistance, formatFare } from '../format/format.js';
import { isEnded } from '../state/ride-list.js';
import { distanceM } from '../state/motion.js';
import { select } from '../state/ui-state.js';
import { RideChip } from '../ui/RideChip.js';
import { DrawerHead } from './DrawerHead.js';
import { FollowButton } from './FollowButton.js';
import { Timeline } from './Timeline.js';
import { usePlaceNames } from './use-place-names.js';
import { useRide } from './use-ride.js';

function Journey({ ride }: { ride: LiveRide }): ReactElement {
  const { from, to } = usePlaceNames(ride);
  return (
    <div className="journey">
      <div className="journey-stop" data-stop="pickup">
        <span className="journey-label">Pick-up</span>
        <span className="journey-place">{from}</span>
      </div>
      <div className="journey-stop" data-stop="dropoff">
        <span className="journey-label">Drop-off</span>
        <span className="journey-place">{to}</span>
      </div>
    </div>
  );
}

function Facts({ ride }: { ride: LiveRide }): ReactElement {
  const { ui, clockFormat } = useDashboard();
  const straight = distanceM(ride.pickup[0], ride.pickup[1], ride.dropoff[0], ride.dropoff[1]);
  return (
    <dl className="facts">
      <div>
        <dt>Fare</dt>
        <dd>{formatFare(ride.fareCents)}</dd>
      </div>
      <div>
        <dt>Straight line</dt>
        <dd>{formatDistance(straight)}</dd>
      </div>
      <div>
        <dt>Asked at</dt>
        <dd>{clockFormat.time(ride.requestedAt)}</dd>
      </div>
      <div>
        <dt>Driver</dt>
        <dd>
          {ride.driverId === null ? (
            'none yet'
          ) : (
            <button
              type="button"
              className="link mono"
              onClick={() => select(ui, { kind: 'driver', id: ride.driverId! })}
            >
              {ride.driverId}
            </button>
          )}
        </dd>
      </div>
    </dl>
  );
}

export function RideDrawer({ rideId }: { readonly rideId: string }): ReactElement {
  usePulse();
  const dashboard = useDashboard();
  const { following } = useStore(dashboard.ui);
  const live = dashboard.live.rides.get(rideId);
  const { ride: answered, problem } = useRide(rideId, live?.updatedAt);
  const ride = live ?? answered;
  const followable = ride !== null && ride.driverId !== null && !isEnded(ride);
  return (
    <section className="drawer" data-testid="ride-drawer" data-ride-id={rideId} aria-label={`Ride ${rideId}`}>
      <DrawerHead kind="Ride" id={rideId} chip={ride && <RideChip state={ride.state} />} />
      <div className="drawer-body">
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        {ride && (
          <>
            <Journey ride={ride} />
            <Facts ride={ride} />
            <div className="drawer-actions">
              <FollowButton following={following} disabled={!followable} />
              <button
                type="button"
                className="button"
                onClick={() => dashboard.map?.showPlace(ride.pickup[0], ride.pickup[1], 15)}
              >
                Show pick-up
              </button>
            </div>
          </>
        )}
        <h3 className="drawer-title">Timeline</h3>
        {answered ? <Timeline entries={answered.timeline} /> : !problem && <p className="muted">Reading its events…</p>}
      </div>
    </section>
  );
}
