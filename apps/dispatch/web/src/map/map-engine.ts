import { Deck, MapView, WebMercatorViewport, type Layer } from '@deck.gl/core';
import { cityNow } from '../state/city-time.js';
import type { LiveStore } from '../state/live-store.js';
import type { UiState, UiStore } from '../state/ui-state.js';
import { BaseLayers } from './base-layers.js';
import { Camera, fitView, type Padding, type ViewState } from './camera.js';
import { zoneAt, type CityGeometry } from './city-geometry.js';
import { FrameGovernor } from './frame-governor.js';
import { LabelLayer } from './label-layer.js';
import { drawIconAtlas, type IconAtlas } from './icon-atlas.js';
import { PALETTES, type Palette, type ThemeName } from './palette.js';
import { nearestThings } from './picking.js';
import { rideLayers, type Pin } from './ride-layers.js';
import { VehicleFrame } from './vehicle-layer.js';

export type MapThing =
  | { readonly kind: 'vehicle'; readonly driverId: string }
  | { readonly kind: 'rider'; readonly rideId: string }
  | { readonly kind: 'zone'; readonly zone: string; readonly name: string };

export interface MapPointer {
  readonly x: number;
  readonly y: number;
  readonly lon: number;
  readonly lat: number;
  readonly thing: MapThing | null;
}

export interface MapEngineOptions {
  readonly container: HTMLDivElement;
  readonly city: CityGeometry;
  readonly store: LiveStore;
  readonly ui: UiStore;
  readonly theme: ThemeName;
  readonly padding: Padding;
  readonly still: boolean;
  readonly onClick: (pointer: MapPointer) => void;
  readonly onHover: (pointer: MapPointer | null) => void;
  /** The person moved the map: following ends. */
  readonly onGrab: () => void;
}

const SHOW_BOTH_ZOOM = 14.5;
const REACH_PX = { mouse: 12, touch: 24 } as const;

/**
 * Drives two deck.gl canvases outside React: the ground, redrawn when the view or a figure changes, and the traffic above it,
 * redrawn with every frame in which something moves.
 */
export class MapEngine {
  private readonly options: MapEngineOptions;
  private readonly ground: Deck<MapView>;
  private readonly traffic: Deck<MapView>;
  private readonly baseLayers: BaseLayers;
  private readonly labels: LabelLayer;
  private readonly frame = new VehicleFrame();
  private readonly governor = new FrameGovernor();
  private readonly camera: Camera;
  private readonly observer: ResizeObserver;
  private home: ViewState;
  private palette: Palette;
  private atlas: IconAtlas;
  private pins: readonly Pin[] = [];
  private hoveredZone: string | null = null;
  private request = 0;
  private drawnGround = '';
  private drawnTraffic = '';
  private drawnUi: UiState | null = null;
  private drawnPins: readonly Pin[] = [];
  private themeVersion = 0;
  private coveredPx = 0;

  constructor(options: MapEngineOptions) {
    this.options = options;
    const { container, city, padding } = options;
    this.palette = PALETTES[options.theme];
    this.atlas = drawIconAtlas(this.palette);
    this.baseLayers = new BaseLayers(city);
    this.labels = new LabelLayer(city.zones);
    this.home = fitView(city.bounds, container.clientWidth, container.clientHeight, padding);
    this.camera = new Camera(this.home);
    this.camera.still = options.still;
    const common = {
      parent: container,
      views: new MapView({ repeat: false }),
      viewState: this.camera.view,
      useDevicePixels: Math.min(2, window.devicePixelRatio),
      deviceProps: { type: 'webgl' as const },
    };
    this.ground = new Deck({ ...common, id: 'ground', controller: false, layers: [] });
    this.traffic = new Deck({
      ...common,
      id: 'traffic',
      controller: {
        dragRotate: false,
        touchRotate: false,
        keyboard: false,
        doubleClickZoom: true,
        inertia: !options.still,
      },
      onViewStateChange: ({ viewState, interactionState }) => {
        const { longitude, latitude, zoom } = viewState;
        this.camera.set({ ...this.camera.view, longitude, latitude, zoom });
        if (interactionState.isPanning) options.onGrab();
      },
      onClick: (info, event) => {
        const touch = 'pointerType' in event && event.pointerType === 'touch';
        options.onClick(this.pointer(info.x, info.y, touch ? REACH_PX.touch : REACH_PX.mouse));
      },
      getCursor: ({ isDragging }) => (isDragging ? 'grabbing' : 'inherit'),
      layers: [],
    });
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(container);
    container.addEventListener('pointermove', this.hover);
    container.addEventListener('pointerleave', this.leave);
    this.request = requestAnimationFrame(this.tick);
  }

  destroy(): void {
    cancelAnimationFrame(this.request);
    this.observer.disconnect();
    this.options.container.removeEventListener('pointermove', this.hover);
    this.options.container.removeEventListener('pointerleave', this.leave);
    this.ground.finalize();
    this.traffic.finalize();
  }

  setTheme(theme: ThemeName): void {
    this.palette = PALETTES[theme];
    this.atlas = drawIconAtlas(this.palette);
    this.themeVersion++;
  }

  /** How much of the map's lower end the phone's sheet covers. */
  setCovered(coveredPx: number): void {
    this.coveredPx = coveredPx;
  }

  setPins(pins: readonly Pin[]): void {
    this.pins = pins;
  }

  zoomBy(step: number): void {
    const zoom = this.camera.view.zoom + step;
    this.camera.flyTo({ zoom: Math.min(this.home.maxZoom, Math.max(this.home.minZoom, zoom)) }, Date.now());
  }

  zoomToAtLeast(zoom: number): void {
    if (this.camera.view.zoom < zoom) this.camera.flyTo({ zoom }, Date.now());
  }

  panBy(x: number, y: number): void {
    const viewport = this.viewport();
    const [longitude, latitude] = viewport.unproject([viewport.width / 2 + x, viewport.height / 2 + y]);
    this.camera.flyTo({ longitude: longitude!, latitude: latitude! }, Date.now());
  }

  showAll(): void {
    this.camera.flyTo(this.home, Date.now());
  }

  showPlace(lon: number, lat: number, atLeastZoom: number): void {
    const zoom = Math.max(this.camera.view.zoom, atLeastZoom);
    const [longitude, latitude] = this.centreFor(lon, lat, zoom);
    this.camera.flyTo({ longitude, latitude, zoom }, Date.now());
  }

  /** Brings two places into what the padding leaves free, unless they are well in view already. */
  showBoth(a: readonly [number, number], b: readonly [number, number], padding: Padding): void {
    const { clientWidth, clientHeight } = this.options.container;
    const bounds = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])] as const;
    const { longitude, latitude, zoom } = fitView(bounds, clientWidth, clientHeight, padding);
    this.camera.flyTo({ longitude, latitude, zoom: Math.min(zoom, SHOW_BOTH_ZOOM) }, Date.now());
  }

  private readonly tick = (): void => {
    this.request = requestAnimationFrame(this.tick);
    const nowMs = Date.now();
    if (!this.governor.wants(performance.now())) return;
    this.followSelection(nowMs);
    this.camera.step(nowMs);
    this.drawGround();
    this.drawTraffic(nowMs);
  };

  private followSelection(nowMs: number): void {
    const { selection, following } = this.options.ui.get();
    if (!following || !selection) return;
    const { store } = this.options;
    const driverId = selection.kind === 'driver' ? selection.id : store.rides.get(selection.id)?.driverId;
    const vehicle = driverId ? store.vehicles.get(driverId, nowMs) : null;
    if (vehicle) this.camera.follow(...this.centreFor(vehicle.lon, vehicle.lat, this.camera.view.zoom));
  }

  /** Where the view must have its centre for a place to stand in the middle of what the sheet leaves free. */
  private centreFor(longitude: number, latitude: number, zoom: number): [number, number] {
    const { clientWidth: width, clientHeight: height } = this.options.container;
    const there = new WebMercatorViewport({ width, height, longitude, latitude, zoom });
    return there.unproject([width / 2, (height + this.coveredPx) / 2]) as [number, number];
  }

  private viewKey(): string {
    const { longitude, latitude, zoom } = this.camera.view;
    return `${longitude} ${latitude} ${zoom} ${this.themeVersion}`;
  }

  private drawGround(): void {
    const { store, city, ui } = this.options;
    const { layers } = ui.get();
    const { zoom } = this.camera.view;
    const key = `${this.viewKey()} ${store.zonesVersion} ${this.hoveredZone} ${layers.shading}`;
    if (key === this.drawnGround) return;
    this.drawnGround = key;
    this.ground.setProps({
      viewState: this.camera.view,
      layers: this.baseLayers.build({
        city,
        palette: this.palette,
        zones: store.zones,
        zonesVersion: store.zonesVersion,
        hoveredZone: this.hoveredZone,
        layers,
        zoom,
      }),
    });
  }

  private drawTraffic(nowMs: number): void {
    const { store, ui, still } = this.options;
    const state = ui.get();
    const moving = this.frame.sample(store.vehicles, nowMs);
    const pulsing = !still && store.ridesVersion > 0;
    const key = `${this.viewKey()} ${store.ridesVersion} ${store.vehicles.version}`;
    const calm = moving === 0 && !pulsing;
    if (calm && key === this.drawnTraffic && state === this.drawnUi && this.pins === this.drawnPins) return;
    this.drawnTraffic = key;
    this.drawnUi = state;
    this.drawnPins = this.pins;
    const selected = state.selection;
    const { below, above } = rideLayers({
      rides: [...store.rides.values()],
      vehicles: store.vehicles,
      frame: this.frame,
      palette: this.palette,
      atlas: this.atlas,
      cityMs: store.clock ? cityNow(store.clock, nowMs) : nowMs,
      nowMs,
      zoom: this.camera.view.zoom,
      showRiders: state.layers.riders,
      showMatches: state.layers.matches,
      selectedRide: selected?.kind === 'ride' ? (store.rides.get(selected.id) ?? null) : null,
      selectedDriver: selected?.kind === 'driver' ? selected.id : null,
      pins: this.pins,
      still,
    });
    const vehicles = this.frame.layer(store.vehicles, this.atlas, this.camera.view.zoom, state.layers.vehicles);
    const labels = this.labels.build(this.palette, this.camera.view.zoom, state.layers.labels);
    const layers: Layer[] = [...below, vehicles, labels, ...above];
    this.traffic.setProps({ viewState: this.camera.view, layers });
  }

  private viewport(): WebMercatorViewport {
    const { clientWidth, clientHeight } = this.options.container;
    return new WebMercatorViewport({ width: clientWidth, height: clientHeight, ...this.camera.view });
  }

  private pointer(x: number, y: number, reachPx: number): MapPointer {
    const { store, city, ui } = this.options;
    const [lon, lat] = this.viewport().unproject([x, y]) as [number, number];
    const reachDeg = (reachPx * 360) / (512 * 2 ** this.camera.view.zoom);
    const { layers } = ui.get();
    const riders = layers.riders ? store.rides.values() : [];
    const count = layers.vehicles ? this.frame.count : 0;
    const near = nearestThings([lon, lat], reachDeg, this.frame.positions, count, riders);
    return { x, y, lon, lat, thing: this.thing(near, lon, lat, city) };
  }

  private thing(near: ReturnType<typeof nearestThings>, lon: number, lat: number, city: CityGeometry): MapThing | null {
    if (near.rider) return { kind: 'rider', rideId: near.rider.rideId };
    const driverId = near.row === null ? undefined : this.options.store.vehicles.driverId(near.row);
    if (driverId !== undefined) return { kind: 'vehicle', driverId };
    const zone = zoneAt(city.zones, [lon, lat]);
    return zone ? { kind: 'zone', zone: zone.zone, name: zone.name } : null;
  }

  private readonly hover = (event: PointerEvent): void => {
    if (event.pointerType === 'touch' || event.buttons !== 0) return;
    const box = this.options.container.getBoundingClientRect();
    const pointer = this.pointer(event.clientX - box.left, event.clientY - box.top, REACH_PX.mouse);
    this.hoveredZone = pointer.thing?.kind === 'zone' ? pointer.thing.zone : null;
    this.options.onHover(pointer);
  };

  private readonly leave = (): void => {
    this.hoveredZone = null;
    this.options.onHover(null);
  };

  private resized(): void {
    const { container, city, padding } = this.options;
    const untouched = this.camera.view === this.home;
    this.home = fitView(city.bounds, container.clientWidth, container.clientHeight, padding);
    if (untouched) this.camera.set(this.home);
    else this.drawnGround = '';
  }
}
