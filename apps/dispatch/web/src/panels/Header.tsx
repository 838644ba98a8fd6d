import type { ReactElement } from 'react';
import { useDashboard, usePulse, useStore } from '../app/dashboard.js';
import { formatAge, formatSpeed } from '../format/format.js';
import type { ConnectionState } from '../live/connection-status.js';
import type { ThemeChoice } from '../state/ui-state.js';
import { Icon, type IconName } from '../ui/Icon.js';

const CONNECTION_WORDS: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  stale: 'Stale',
  reconnecting: 'Reconnecting',
};

function ConnectionBadge(): ReactElement {
  usePulse();
  const { state, ageMs } = useDashboard().status();
  const age = ageMs !== null && state !== 'live' ? formatAge(ageMs) : null;
  return (
    <div className="badge" data-testid="connection-badge" data-state={state} role="status" aria-live="polite">
      <span className="badge-dot" aria-hidden="true" />
      <span>{CONNECTION_WORDS[state]}</span>
      {age && <span className="badge-age">{age}</span>}
    </div>
  );
}

function CityClock(): ReactElement {
  usePulse();
  const dashboard = useDashboard();
  const clock = dashboard.live.clock;
  if (!clock) return <div className="clock" />;
  const cityMs = dashboard.cityMs();
  return (
    <div className="clock" data-testid="city-clock" title="City time and its speed">
      <span className="clock-date">{dashboard.clockFormat.date(cityMs)}</span>
      <time className="clock-time">{dashboard.clockFormat.time(cityMs)}</time>
      <span className="clock-speed" data-paused={clock.speed === 0}>
        {formatSpeed(clock.speed)}
      </span>
    </div>
  );
}

const THEMES: Readonly<Record<ThemeChoice, { icon: IconName; next: ThemeChoice; label: string }>> = {
  dark: { icon: 'moon', next: 'light', label: 'Dark theme. Change to light' },
  light: { icon: 'sun', next: 'system', label: 'Light theme. Change to the system’s' },
  system: { icon: 'auto', next: 'dark', label: 'The system’s theme. Change to dark' },
};

function ThemeButton(): ReactElement {
  const { ui } = useDashboard();
  const { icon, next, label } = THEMES[useStore(ui).theme];
  const change = (): void => ui.set((state) => ({ ...state, theme: next }));
  return (
    <button type="button" className="icon-button theme-button" aria-label={label} title={label} onClick={change}>
      <Icon name={icon} />
    </button>
  );
}

export function Header(): ReactElement {
  const city = useStore(useDashboard().city);
  return (
    <header className="header">
      <h1 className="brand">
        <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
          <path className="brand-road" d="M7 23c6.500 0 5.500-13 12-13h3" />
          <circle className="brand-from" cx="7" cy="23" r="3.200" />
          <path className="brand-to" d="m21 5 7 5-7 5z" />
        </svg>
        <span className="brand-name">Ridestream</span>
        {city && <span className="brand-city">{city.name}</span>}
      </h1>
      <CityClock />
      <div className="header-end">
        <ConnectionBadge />
        <ThemeButton />
      </div>
    </header>
  );
}
