import { useState, type SubmitEvent, type ReactElement } from 'react';
import { useDashboard, usePulse, useStore } from '../app/dashboard.js';
import type { Place } from '../api/dispatch-api.js';
import { formatDistance, formatFare, formatMinutes, formatSurge } from '../format/format.js';
import { zoneAt, type CityGeometry } from '../map/city-geometry.js';
import { parsePlace, type RequestState } from '../request/request-flow.js';
import { Icon } from '../ui/Icon.js';

type OpenState = Exclude<RequestState, { step: 'closed' }>;

function placeWords(city: CityGeometry | null, { lat, lon }: Place): string {
  const zone = city ? zoneAt(city.zones, [lon, lat]) : null;
  return zone?.name ?? `${lat.toFixed(4)}, ${lon.toFixed(4)}`;
}

function Stops({ state }: { state: OpenState }): ReactElement {
  const city = useStore(useDashboard().city);
  const pickup = state.step === 'pickup' ? null : state.pickup;
  const dropoff = state.step === 'pickup' || state.step === 'dropoff' ? null : state.dropoff;
  const stop = (kind: 'pickup' | 'dropoff', at: Place | null, active: boolean): ReactElement => (
    <div className="journey-stop" data-stop={kind} data-active={active}>
      <span className="journey-label">{kind === 'pickup' ? 'Pick-up' : 'Drop-off'}</span>
      <span className="journey-place">{at ? placeWords(city, at) : active ? 'Choose on the map' : '…'}</span>
    </div>
  );
  return (
    <div className="journey">
      {stop('pickup', pickup, state.step === 'pickup')}
      {stop('dropoff', dropoff, state.step === 'dropoff')}
    </div>
  );
}

/** A zone's name, its middle; or latitude and longitude. */
function readPlace(city: CityGeometry | null, text: string): Place | null {
  const wanted = text.trim().toLowerCase();
  const zone = city?.zones.find(({ name, zone: id }) => name.toLowerCase() === wanted || id.toLowerCase() === wanted);
  return zone ? { lat: zone.centre[1], lon: zone.centre[0] } : parsePlace(text);
}

/** The same request without a pointer. */
function TypedPlaces(): ReactElement {
  const { request, city: cityStore } = useDashboard();
  const city = useStore(cityStore);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string): Place | null => {
      const text = form.get(name);
      return typeof text === 'string' ? readPlace(city, text) : null;
    };
    const [pickup, dropoff] = [read('pickup'), read('dropoff')];
    if (!pickup) setProblem('The pick-up is neither a zone nor “latitude, longitude”.');
    else if (!dropoff) setProblem('The drop-off is neither a zone nor “latitude, longitude”.');
    else request.send({ type: 'both', pickup, dropoff });
  };
  const field = (name: 'pickup' | 'dropoff', label: string): ReactElement => (
    <label className="field">
      <span>{label}</span>
      <input
        name={name}
        list="zone-names"
        required
        autoComplete="off"
        placeholder="Zone, or latitude, longitude"
        data-testid={`typed-${name}`}
      />
    </label>
  );
  return (
    <details className="typed">
      <summary data-testid="type-places">Type the places instead</summary>
      <form onSubmit={submit}>
        {field('pickup', 'Pick-up')}
        {field('dropoff', 'Drop-off')}
        <datalist id="zone-names">
          {city?.zones.map(({ zone, name }) => (
            <option key={zone} value={name} />
          ))}
        </datalist>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="button" data-testid="typed-quote">
          Get a quote
        </button>
      </form>
    </details>
  );
}

function QuoteBox({ state }: { state: Extract<OpenState, { step: 'quoted' | 'confirming' }> }): ReactElement {
  const { request } = useDashboard();
  const { quote } = state;
  const busy = state.step === 'confirming';
  return (
    <>
      <div className="quote" data-testid="quote">
        <div className="quote-fare">{formatFare(quote.fareCents)}</div>
        <div className="quote-facts">
          {formatDistance(quote.distanceM)} · {formatMinutes(quote.durationS)}
          {quote.surge > 1 && <span className="quote-surge">{formatSurge(quote.surge)} surge included</span>}
        </div>
      </div>
      <button
        type="button"
        className="button button-main button-wide"
        data-testid="confirm-ride"
        disabled={busy}
        onClick={() => request.send({ type: 'confirm' })}
      >
        {busy ? 'Requesting…' : 'Confirm ride'}
      </button>
    </>
  );
}

const TITLES: Readonly<Record<OpenState['step'], string>> = {
  pickup: 'Where from?',
  dropoff: 'Where to?',
  quoting: 'Asking for a quote…',
  quoted: 'Your ride',
  confirming: 'Your ride',
};
const HINTS: Partial<Record<OpenState['step'], string>> = {
  pickup: 'Click or tap the map at the pick-up.',
  dropoff: 'Click or tap the map at the drop-off.',
};

function OpenRequest({ state }: { state: OpenState }): ReactElement {
  const { request } = useDashboard();
  const choosing = state.step === 'pickup' || state.step === 'dropoff';
  const problem = 'problem' in state ? state.problem : null;
  const hint = HINTS[state.step];
  return (
    <section className="card request" data-testid="request-panel" data-step={state.step} aria-label="Request a ride">
      <div className="card-head">
        {state.step !== 'pickup' && (
          <button
            type="button"
            className="icon-button"
            aria-label="One step back"
            onClick={() => request.send({ type: 'back' })}
          >
            <Icon name="back" />
          </button>
        )}
        <h2 aria-live="polite">{TITLES[state.step]}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close the request"
          data-testid="close-request"
          onClick={() => request.send({ type: 'cancel' })}
        >
          <Icon name="close" />
        </button>
      </div>
      <Stops state={state} />
      {hint && (
        <p className="hint">
          {hint} <kbd>Esc</kbd> closes.
        </p>
      )}
      {state.step === 'quoting' && <div className="quote-skeleton skeleton" aria-hidden="true" />}
      {problem && (
        <p className="problem" role="alert" data-testid="request-problem">
          {problem}
        </p>
      )}
      {(state.step === 'quoted' || state.step === 'confirming') && <QuoteBox state={state} />}
      {choosing && <TypedPlaces />}
    </section>
  );
}

export function RequestPanel(): ReactElement | null {
  usePulse();
  const { request, live } = useDashboard();
  const state = useStore(request.state);
  const myRideId = useStore(request.myRideId);
  if (state.step !== 'closed') return <OpenRequest state={state} />;
  if (myRideId !== null) return null;
  return (
    <button
      type="button"
      className="button button-main request-button"
      data-testid="request-ride"
      disabled={!live.ready}
      onClick={() => request.send({ type: 'open' })}
    >
      <Icon name="pin" />
      Request a ride
    </button>
  );
}
