import { useEffect, useSyncExternalStore, type ReactElement } from 'react';
import type { ThemeName } from '../map/palette.js';
import { Header } from '../panels/Header.js';
import { KpiStrip } from '../panels/KpiStrip.js';
import { Attribution, Legend, ZoomButtons } from '../panels/MapTools.js';
import { MapTooltip } from '../panels/MapTooltip.js';
import { MapView } from '../panels/MapView.js';
import { MyRide } from '../panels/MyRide.js';
import { RequestPanel } from '../panels/RequestPanel.js';
import { SidePanel } from '../panels/SidePanel.js';
import { select } from '../state/ui-state.js';
import { useDashboard, useStore, type Dashboard } from './dashboard.js';

const systemLight = matchMedia('(prefers-color-scheme: light)');
function onSystemTheme(changed: () => void): () => void {
  systemLight.addEventListener('change', changed);
  return () => systemLight.removeEventListener('change', changed);
}

function useTheme(): ThemeName {
  const { theme } = useStore(useDashboard().ui);
  const light = useSyncExternalStore(onSystemTheme, () => systemLight.matches);
  return theme === 'system' ? (light ? 'light' : 'dark') : theme;
}

/** Esc steps out of what is open, innermost first. */
function escape({ request, ui }: Dashboard): void {
  if (request.state.get().step !== 'closed') request.send({ type: 'cancel' });
  else if (ui.get().following) ui.set((state) => ({ ...state, following: false }));
  else select(ui, null);
}

export function App(): ReactElement {
  const dashboard = useDashboard();
  const theme = useTheme();
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) escape(dashboard);
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [dashboard]);
  return (
    <div className="app">
      <Header />
      <KpiStrip />
      <main className="stage">
        <MapView theme={theme} />
        <MapTooltip />
        <div className="stage-top">
          <RequestPanel />
          <MyRide />
        </div>
        <Legend />
        <ZoomButtons />
        <Attribution />
      </main>
      <SidePanel />
    </div>
  );
}
