import { createContext, useContext, useSyncExternalStore } from 'react';
import { clockFormat, type ClockFormat } from '../format/format.js';
import { cityNow } from '../state/city-time.js';
import { connectionStatus, type ConnectionStatus } from '../live/connection-status.js';
import { LiveConnection } from '../live/connection.js';
import type { CityGeometry, ZoneShape } from '../map/city-geometry.js';
import type { MapEngine, MapPointer } from '../map/map-engine.js';
import { RequestController } from '../request/request-controller.js';
import { KpiHistory, kpisOf, type Kpi } from '../state/kpis.js';
import { LiveStore } from '../state/live-store.js';
import { isEnded, isWaiting } from '../state/ride-list.js';
import { createStore, type Store } from '../state/store.js';
import { createUiStore, type ThemeChoice, type UiStore } from '../state/ui-state.js';

/** Panels are drawn anew this often at most; the map has its own pace. */
const PANEL_INTERVAL_MS = 350;
const THEME_KEY = 'ridestream.theme';

function storedTheme(): ThemeChoice {
  const stored = localStorage.getItem(THEME_KEY);
  return stored === 'light' || stored === 'system' ? stored : 'dark';
}

/** Everything that lives longer than a component: the state of the city, the connection, the map, and what the person chose. */
export class Dashboard {
  readonly live = new LiveStore();
  readonly ui: UiStore = createUiStore(storedTheme());
  readonly request = new RequestController();
  readonly pointer: Store<MapPointer | null> = createStore<MapPointer | null>(null);
  /** Grows while panels should be drawn anew. */
  readonly pulse: Store<number> = createStore(0);
  readonly city: Store<CityGeometry | null> = createStore<CityGeometry | null>(null);
  readonly cityProblem: Store<string | null> = createStore<string | null>(null);
  readonly mapProblem: Store<string | null> = createStore<string | null>(null);
  readonly kpiHistory = new KpiHistory();
  readonly reducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches;
  /** In the city's time zone, once it is known. */
  clockFormat: ClockFormat = clockFormat('UTC');
  map: MapEngine | null = null;
  private connection: LiveConnection | null = null;
  private zones = new Map<string, ZoneShape>();

  start(): void {
    this.live.still = this.reducedMotion;
    this.connection = new LiveConnection(this.live, () => undefined);
    setInterval(() => {
      if (document.hidden) return;
      this.kpiHistory.record(this.kpis(), Date.now());
      this.pulse.set((count) => count + 1);
    }, PANEL_INTERVAL_MS);
    this.ui.subscribe(() => localStorage.setItem(THEME_KEY, this.ui.get().theme));
  }

  setCity(city: CityGeometry): void {
    this.zones = new Map(city.zones.map((zone) => [zone.zone, zone]));
    this.clockFormat = clockFormat(city.timeZone);
    this.city.set(city);
    this.cityProblem.set(null);
  }

  zoneName(zone: string): string {
    return this.zones.get(zone)?.name ?? zone;
  }

  cityMs(): number {
    return this.live.clock ? cityNow(this.live.clock, Date.now()) : Date.now();
  }

  status(): ConnectionStatus {
    const { ready, updatedMs } = this.live;
    return connectionStatus({ open: this.connection?.open ?? true, ready, updatedMs }, Date.now());
  }

  kpis(): Kpi[] {
    const counts = this.live.vehicles.countByState();
    let waiting = 0;
    let active = 0;
    for (const ride of this.live.rides.values()) {
      if (isWaiting(ride)) waiting++;
      else if (!isEnded(ride)) active++;
    }
    let surgeMax = 1;
    for (const zone of this.live.zones.values()) surgeMax = Math.max(surgeMax, zone.surge);
    const busy = counts.offered + counts.en_route + counts.waiting + counts.on_trip;
    return kpisOf({ metrics: this.live.metrics, waiting, active, idle: counts.idle, busy, surgeMax });
  }
}

export const DashboardContext = createContext<Dashboard | null>(null);

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error('no dashboard above this component');
  return dashboard;
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Draws the component anew with every pulse. The number is a key for memoised work. */
export function usePulse(): number {
  return useStore(useDashboard().pulse);
}
