import type { ReactElement } from 'react';
import { useDashboard, usePulse, useStore, type Dashboard } from '../app/dashboard.js';
import { formatDuration, formatSurge } from '../format/format.js';
import { DRIVER_STATE_WORDS } from '../format/ride-words.js';
import type { MapThing } from '../map/map-engine.js';

interface Words {
  readonly title: string;
  readonly state?: string | undefined;
  readonly lines: readonly (readonly [string, string])[];
}

function wordsOf(dashboard: Dashboard, thing: MapThing): Words | null {
  const { live } = dashboard;
  if (thing.kind === 'vehicle') {
    const vehicle = live.vehicles.get(thing.driverId, 0);
    if (!vehicle) return null;
    const lines = vehicle.rideId === null ? [] : ([['Ride', vehicle.rideId]] as const);
    return {
      title: vehicle.driverId,
      state: vehicle.state,
      lines: [['', DRIVER_STATE_WORDS[vehicle.state]], ...lines],
    };
  }
  if (thing.kind === 'rider') {
    const ride = live.rides.get(thing.rideId);
    if (!ride) return null;
    const waited = formatDuration((dashboard.cityMs() - ride.requestedAt) / 1_000);
    const asked = ride.driverId === null ? [] : ([['Asking', ride.driverId]] as const);
    return { title: ride.rideId, lines: [['Waiting for', waited], ['In', dashboard.zoneName(ride.zone)], ...asked] };
  }
  const zone = live.zones.get(thing.zone);
  return {
    title: thing.name,
    lines: zone
      ? [
          ['Surge', formatSurge(zone.surge)],
          ['Waiting', String(zone.waiting)],
          ['Idle drivers', String(zone.idle)],
        ]
      : [],
  };
}

/** Beside the mouse: what is under it. */
export function MapTooltip(): ReactElement | null {
  usePulse();
  const dashboard = useDashboard();
  const pointer = useStore(dashboard.pointer);
  const { step } = useStore(dashboard.request.state);
  if (!pointer?.thing || step !== 'closed') return null;
  const words = wordsOf(dashboard, pointer.thing);
  if (!words) return null;
  return (
    <div
      className="tooltip"
      role="tooltip"
      style={{ transform: `translate(${pointer.x + 14}px, ${pointer.y + 14}px)` }}
    >
      <strong data-driver-state={words.state}>{words.title}</strong>
      {words.lines.map(([label, value]) => (
        <div key={label + value} className="tooltip-line">
          {label && <span>{label}</span>}
          <span>{value}</span>
        </div>
      ))}
    </div>
  );
}
