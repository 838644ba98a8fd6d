import type { ReactElement } from 'react';
import { useDashboard, usePulse, useStore } from '../app/dashboard.js';
import { DRIVER_STATE_WORDS } from '../format/ride-words.js';
import { zoneAt } from '../map/city-geometry.js';
import { select } from '../state/ui-state.js';
import { RideChip } from '../ui/RideChip.js';
import { DrawerHead } from './DrawerHead.js';
import { FollowButton } from './FollowButton.js';

const COMPASS = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'] as const;
const headingWord = (bearingDeg: number): string => COMPASS[Math.round((((bearingDeg % 360) + 360) % 360) / 45) % 8]!;

export function DriverCard({ driverId }: { readonly driverId: string }): ReactElement {
  usePulse();
  const { live, ui, city } = useDashboard();
  const { following } = useStore(ui);
  const zones = useStore(city)?.zones ?? [];
  const vehicle = live.vehicles.get(driverId, live.updatedMs ?? 0);
  const zone = vehicle ? zoneAt(zones, [vehicle.lon, vehicle.lat]) : null;
  const rides = [...live.rides.values()]
    .filter((ride) => ride.driverId === driverId)
    .sort((a, b) => b.updatedAt - a.updatedAt)
    .slice(0, 8);
  const chip = vehicle && (
    <span className="chip" data-driver-state={vehicle.state}>
      {DRIVER_STATE_WORDS[vehicle.state]}
    </span>
  );
  return (
    <section className="drawer" data-testid="driver-card" data-driver-id={driverId} aria-label={`Driver ${driverId}`}>
      <DrawerHead kind="Driver" id={driverId} chip={chip} />
      <div className="drawer-body">
        {vehicle ? (
          <dl className="facts">
            <div>
              <dt>Zone</dt>
              <dd>{zone?.name ?? 'outside the zones'}</dd>
            </div>
            <div>
              <dt>Heading</dt>
              <dd>{headingWord(vehicle.bearingDeg)}</dd>
            </div>
          </dl>
        ) : (
          <p className="muted">This driver is not on duty any more.</p>
        )}
        <div className="drawer-actions">
          <FollowButton following={following} disabled={!vehicle} />
        </div>
        <h3 className="drawer-title">Rides</h3>
        {rides.length === 0 && <p className="muted">No offer and no ride lately.</p>}
        <ul className="driver-rides">
          {rides.map((ride) => (
            <li key={ride.rideId}>
              <button type="button" className="ride-row" onClick={() => select(ui, { kind: 'ride', id: ride.rideId })}>
                <span className="ride-row-ids">
                  <RideChip state={ride.state} />
                  <span className="mono">{ride.rideId}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
