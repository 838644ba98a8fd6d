import type { KeyboardEvent, ReactElement } from 'react';
import type { LiveRide } from '../../../src/live/protocol.js';
import { useDashboard, usePulse, useStore } from '../app/dashboard.js';
import { formatCount, formatDuration } from '../format/format.js';
import { RIDE_FILTERS, isEnded, isWaiting, listRides, type RideFilter } from '../state/ride-list.js';
import { select } from '../state/ui-state.js';
import { Icon } from '../ui/Icon.js';
import { RideChip } from '../ui/RideChip.js';
import { usePlaceNames } from './use-place-names.js';

const FILTER_WORDS: Readonly<Record<RideFilter, string>> = {
  all: 'All',
  waiting: 'Waiting',
  pickup: 'Pick-up',
  trip: 'On trip',
  ended: 'Ended',
};
const MOST_ROWS = 60;

function ageOf(ride: LiveRide, cityMs: number): string {
  if (ride.state === 'offered' && ride.offerExpiresAt !== null) {
    return `${Math.max(0, Math.ceil((ride.offerExpiresAt - cityMs) / 1_000))} s left`;
  }
  const since = isWaiting(ride) ? ride.requestedAt : ride.updatedAt;
  return `${formatDuration((cityMs - since) / 1_000)}${isEnded(ride) ? ' ago' : ''}`;
}

function RideRow({ ride, cityMs, chosen }: { ride: LiveRide; cityMs: number; chosen: boolean }): ReactElement {
  const { ui } = useDashboard();
  const { from, to } = usePlaceNames(ride);
  return (
    <li>
      <button
        type="button"
        className="ride-row"
        data-testid="ride-row"
        data-ride-id={ride.rideId}
        data-state={ride.state}
        aria-current={chosen || undefined}
        onClick={() => select(ui, { kind: 'ride', id: ride.rideId })}
      >
        <span className="ride-row-places">
          <span>{from}</span>
          <Icon name="arrow" size={13} />
          <span>{to}</span>
        </span>
        <span className="ride-row-age">{ageOf(ride, cityMs)}</span>
        <span className="ride-row-ids">
          <RideChip state={ride.state} />
          <span className="mono">{ride.rideId}</span>
        </span>
        <span className="ride-row-driver mono">{ride.driverId}</span>
      </button>
    </li>
  );
}

function Filters({ counts }: { counts: Readonly<Record<RideFilter, number>> }): ReactElement {
  const { ui } = useDashboard();
  const { rideFilter } = useStore(ui);
  return (
    <div className="filters" role="group" aria-label="Filter rides by state">
      {RIDE_FILTERS.map((filter) => (
        <button
          key={filter}
          type="button"
          className="filter"
          data-testid={`filter-${filter}`}
          aria-pressed={filter === rideFilter}
          onClick={() => ui.set((state) => ({ ...state, rideFilter: filter }))}
        >
          <span className="filter-count">{formatCount(counts[filter])}</span>
          <span>{FILTER_WORDS[filter]}</span>
        </button>
      ))}
    </div>
  );
}

function EmptyList({ query, ready }: { query: string; ready: boolean }): ReactElement {
  if (!ready) {
    return (
      <div className="ride-skeletons" aria-hidden="true">
        {[78, 62, 70, 55, 66, 74].map((width) => (
          <div key={width} className="ride-skeleton">
            <span className="skeleton" style={{ width: `${width}%` }} />
            <span className="skeleton" style={{ width: `${width - 28}%` }} />
          </div>
        ))}
      </div>
    );
  }
  return (
    <div className="empty" role="status">
      <strong>{query ? 'No ride matches' : 'No rides here yet'}</strong>
      <p>
        {query ? `Nothing has “${query}” in its ride, rider or driver id.` : 'They show up as riders ask for them.'}
      </p>
    </div>
  );
}

export function RideList(): ReactElement {
  usePulse();
  const dashboard = useDashboard();
  const { rideFilter, rideQuery, selection } = useStore(dashboard.ui);
  const cityMs = dashboard.cityMs();
  const { shown, total, counts } = listRides(dashboard.live.rides.values(), rideFilter, rideQuery, MOST_ROWS);
  const search = (query: string): void => dashboard.ui.set((state) => ({ ...state, rideQuery: query }));
  const clearOnEscape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || rideQuery === '') return;
    event.stopPropagation();
    search('');
  };
  return (
    <section className="rides" aria-label="Rides">
      <div className="rides-head">
        <h2>Rides</h2>
        <label className="search">
          <Icon name="search" size={15} />
          <input
            type="search"
            value={rideQuery}
            placeholder="Ride, rider or driver id"
            aria-label="Search rides by ride, rider or driver id"
            data-testid="ride-search"
            maxLength={64}
            onChange={(event) => search(event.target.value)}
            onKeyDown={clearOnEscape}
          />
        </label>
      </div>
      <Filters counts={counts} />
      {shown.length === 0 ? (
        <EmptyList query={rideQuery} ready={dashboard.live.ready} />
      ) : (
        <ul className="ride-rows" aria-label="Recent rides">
          {shown.map((ride) => (
            <RideRow key={ride.rideId} ride={ride} cityMs={cityMs} chosen={selection?.id === ride.rideId} />
          ))}
          {total > shown.length && <li className="more">{total - shown.length} more. Search by id to find one.</li>}
        </ul>
      )}
    </section>
  );
}
