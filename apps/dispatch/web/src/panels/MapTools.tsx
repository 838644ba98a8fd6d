import { useState, type ReactElement } from 'react';
import { useDashboard, useStore } from '../app/dashboard.js';
import { DRIVER_STATE_WORDS } from '../format/ride-words.js';
import { DRIVER_STATES } from '../state/vehicle-table.js';
import type { LayerChoice, ZoneShading } from '../state/ui-state.js';
import { Icon } from '../ui/Icon.js';

/** Whose data the map is drawn from. */
export function Attribution(): ReactElement | null {
  const city = useStore(useDashboard().city);
  return city?.attribution ? <p className="attribution">{city.attribution}</p> : null;
}

export function ZoomButtons(): ReactElement {
  const dashboard = useDashboard();
  return (
    <div className="zoom" role="group" aria-label="Zoom of the map">
      <button type="button" className="icon-button" aria-label="Zoom in" onClick={() => dashboard.map?.zoomBy(1)}>
        <Icon name="plus" />
      </button>
      <button type="button" className="icon-button" aria-label="Zoom out" onClick={() => dashboard.map?.zoomBy(-1)}>
        <Icon name="minus" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Show the whole city"
        onClick={() => dashboard.map?.showAll()}
      >
        <Icon name="fit" />
      </button>
    </div>
  );
}

const TOGGLES = [
  ['vehicles', 'Vehicles'],
  ['riders', 'Waiting riders'],
  ['matches', 'Match lines'],
  ['labels', 'Zone names'],
] as const satisfies readonly (readonly [keyof LayerChoice, string])[];

const SHADINGS: readonly (readonly [ZoneShading, string])[] = [
  ['surge', 'Surge'],
  ['waiting', 'Waiting'],
  ['off', 'Off'],
];

function LayerChoices(): ReactElement {
  const { ui } = useDashboard();
  const { layers } = useStore(ui);
  const change = (part: Partial<LayerChoice>): void =>
    ui.set((state) => ({ ...state, layers: { ...state.layers, ...part } }));
  return (
    <div className="layer-choices">
      {TOGGLES.map(([key, label]) => (
        <label key={key} className="toggle">
          <input type="checkbox" checked={layers[key]} onChange={(event) => change({ [key]: event.target.checked })} />
          <span>{label}</span>
        </label>
      ))}
      <div className="segmented" role="radiogroup" aria-label="Shade zones by">
        {SHADINGS.map(([shading, label]) => (
          <label key={shading}>
            <input
              type="radio"
              name="shading"
              checked={layers.shading === shading}
              onChange={() => change({ shading })}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </div>
  );
}

function ShadingScale(): ReactElement | null {
  const { shading } = useStore(useDashboard().ui).layers;
  if (shading === 'off') return null;
  const [low, high] = shading === 'surge' ? ['1×', '2.5×'] : ['0', '10+'];
  return (
    <div className="scale" aria-label={`Zone colour: ${shading}, from ${low} to ${high}`}>
      <span>{low}</span>
      <span className="scale-bar" />
      <span>{high}</span>
      <span className="scale-name">{shading === 'surge' ? 'surge' : 'riders waiting'}</span>
    </div>
  );
}

function StateColours(): ReactElement {
  return (
    <ul className="legend-states" aria-label="Colours of drivers and riders">
      {DRIVER_STATES.filter((state) => state !== 'offline').map((state) => (
        <li key={state} data-driver-state={state}>
          {DRIVER_STATE_WORDS[state]}
        </li>
      ))}
      <li className="legend-rider">Waiting rider</li>
    </ul>
  );
}

/** What the colours mean, and what the map shows. A phone has room for the button alone; the colours are behind it. */
export function Legend(): ReactElement {
  const [open, setOpen] = useState(false);
  return (
    <section className="legend" data-open={open} aria-label="Legend and layers">
      <StateColours />
      <button
        type="button"
        className="legend-button"
        data-testid="layers"
        aria-expanded={open}
        aria-controls="layers"
        onClick={() => setOpen(!open)}
      >
        <Icon name="layers" size={16} />
        <span>Layers</span>
      </button>
      {open && (
        <div className="legend-body" id="layers">
          <StateColours />
          <LayerChoices />
          <ShadingScale />
        </div>
      )}
    </section>
  );
}
