import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react';
import { dispatchApi, messageOf } from '../api/dispatch-api.js';
import { useDashboard, usePulse, useStore, type Dashboard } from '../app/dashboard.js';
import { cityGeometry } from '../map/city-geometry.js';
import type { Padding } from '../map/camera.js';
import type { MapEngine, MapPointer } from '../map/map-engine.js';
import { pinsOf } from '../map/pins.js';
import { select, type SheetHeight } from '../state/ui-state.js';
import type { ThemeName } from '../map/palette.js';

const isWide = (): boolean => matchMedia('(min-width: 900px)').matches;
const CITY_RETRY_MS = 2_000;
/** Room for what floats over the map. */
const PADDING_WIDE = { top: 24, right: 28, bottom: 76, left: 28 };
const PADDING_PHONE = { top: 16, right: 12, bottom: 190, left: 12 };

function clicked(dashboard: Dashboard, { lat, lon, thing }: MapPointer): void {
  const { request, ui } = dashboard;
  const { step } = request.state.get();
  if (step === 'pickup' || step === 'dropoff') request.send({ type: 'place', at: { lat, lon } });
  else if (thing?.kind === 'vehicle') select(ui, { kind: 'driver', id: thing.driverId });
  else if (thing?.kind === 'rider') select(ui, { kind: 'ride', id: thing.rideId });
  else select(ui, null);
}

/** Asks for the city until the gateway has it: it may still be starting. */
async function loadCity(dashboard: Dashboard, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const city = cityGeometry(await dispatchApi.city());
      dashboard.setCity(city);
      return;
    } catch (error) {
      dashboard.cityProblem.set(messageOf(error));
      await new Promise((resolve) => setTimeout(resolve, CITY_RETRY_MS));
    }
  }
}

async function startMap(dashboard: Dashboard, container: HTMLDivElement, theme: ThemeName): Promise<MapEngine | null> {
  const [{ MapEngine }] = await Promise.all([
    import('../map/map-engine.js'),
    document.fonts.load('560 12px "Geist Variable"').catch(() => []),
  ]);
  const city = dashboard.city.get();
  if (!city || !container.isConnected) return null;
  return new MapEngine({
    container,
    city,
    theme,
    store: dashboard.live,
    ui: dashboard.ui,
    still: dashboard.reducedMotion,
    padding: isWide() ? PADDING_WIDE : PADDING_PHONE,
    onClick: (pointer) => clicked(dashboard, pointer),
    onHover: (pointer) => dashboard.pointer.set(pointer),
    onGrab: () => dashboard.ui.set((state) => (state.following ? { ...state, following: false } : state)),
  });
}

/** Heights of the sheet as in styles/layout.css. Raised to the top it hides the map anyway. */
function coveredPx(sheet: SheetHeight): number {
  if (isWide()) return 0;
  return sheet === 'peek' ? 152 : window.innerHeight * 0.56;
}

/** Room beside (on a phone: below) the card of the request, so that it hides neither pin. */
function paddingBesideCard(stage: Element | null): Padding {
  const card = stage?.querySelector('.card')?.getBoundingClientRect();
  const box = stage?.getBoundingClientRect();
  if (!card || !box) return PADDING_WIDE;
  return isWide()
    ? { top: 90, right: 80, bottom: 80, left: card.right - box.left + 70 }
    : { top: card.bottom - box.top + 70, right: 40, bottom: 50, left: 40 };
}

const PAN_PX = 120;

function keyed(dashboard: Dashboard, event: KeyboardEvent): void {
  const { map } = dashboard;
  const actions: Record<string, () => void> = {
    ArrowLeft: () => map?.panBy(-PAN_PX, 0),
    ArrowRight: () => map?.panBy(PAN_PX, 0),
    ArrowUp: () => map?.panBy(0, -PAN_PX),
    ArrowDown: () => map?.panBy(0, PAN_PX),
    '+': () => map?.zoomBy(1),
    '=': () => map?.zoomBy(1),
    '-': () => map?.zoomBy(-1),
    '0': () => map?.showAll(),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function MapCover(): ReactElement | null {
  usePulse();
  const dashboard = useDashboard();
  const city = useStore(dashboard.city);
  const problem = useStore(dashboard.cityProblem);
  if (city && dashboard.live.ready) return null;
  const waiting = city ? 'Waiting for the first picture of the city…' : 'Loading the streets…';
  return (
    <div className="map-cover" data-testid="map-loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <strong>{problem && !city ? 'The city is not there yet' : waiting}</strong>
      <p>{problem && !city ? `${problem} Trying again.` : 'Vehicles and riders appear as soon as dispatch answers.'}</p>
    </div>
  );
}

export function MapView({ theme }: { readonly theme: ThemeName }): ReactElement {
  const dashboard = useDashboard();
  const container = useRef<HTMLDivElement>(null);
  const city = useStore(dashboard.city);
  const request = useStore(dashboard.request.state);
  const { sheet } = useStore(dashboard.ui);
  const choosing = request.step === 'pickup' || request.step === 'dropoff';

  useEffect(() => {
    const abort = new AbortController();
    void loadCity(dashboard, abort.signal);
    return () => abort.abort();
  }, [dashboard]);

  useEffect(() => {
    if (!city || !container.current) return;
    let gone = false;
    let engine: MapEngine | null = null;
    startMap(dashboard, container.current, theme).then(
      (started) => {
        if (gone) started?.destroy();
        else dashboard.map = engine = started;
      },
      () =>
        dashboard.mapProblem.set(
          'The map cannot be drawn: this browser gives no WebGL 2. Lists and requests still work.',
        ),
    );
    return () => {
      gone = true;
      engine?.destroy();
      dashboard.map = null;
    };
    // The theme is changed on the living map below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [dashboard, city]);

  useEffect(() => dashboard.map?.setTheme(theme), [dashboard, theme]);
  useEffect(() => dashboard.map?.setCovered(coveredPx(sheet)), [dashboard, sheet]);

  useEffect(() => {
    if (request.step !== 'quoted') return;
    const { pickup, dropoff } = request;
    const padding = paddingBesideCard(container.current?.parentElement ?? null);
    dashboard.map?.showBoth([pickup.lon, pickup.lat], [dropoff.lon, dropoff.lat], padding);
  }, [dashboard, request]);

  return (
    <>
      <div
        ref={container}
        className="map"
        data-testid="map"
        data-choosing={choosing}
        role="application"
        tabIndex={0}
        aria-label="Map of the city. Arrow keys move it, plus and minus zoom, 0 shows all."
        onKeyDown={(event) => keyed(dashboard, event)}
      />
      <PinsOnMap />
      <MapCover />
      <MapProblem />
    </>
  );
}

function MapProblem(): ReactElement | null {
  const problem = useStore(useDashboard().mapProblem);
  return problem === null ? null : (
    <p className="problem map-problem" role="alert">
      {problem}
    </p>
  );
}

/** Draws nothing itself: hands the pins of the moment to the map. */
function PinsOnMap(): null {
  const pulse = usePulse();
  const dashboard = useDashboard();
  const request = useStore(dashboard.request.state);
  const myRideId = useStore(dashboard.request.myRideId);
  const { selection } = useStore(dashboard.ui);
  useEffect(() => {
    const { rides } = dashboard.live;
    const selected = selection?.kind === 'ride' ? rides.get(selection.id) : undefined;
    dashboard.map?.setPins(pinsOf(request, [selected, myRideId === null ? undefined : rides.get(myRideId)]));
  }, [dashboard, request, myRideId, selection, pulse]);
  return null;
}
