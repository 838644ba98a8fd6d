import { WebMercatorViewport } from '@deck.gl/core';

export interface ViewState {
  readonly longitude: number;
  readonly latitude: number;
  readonly zoom: number;
  readonly pitch: 0;
  readonly bearing: 0;
  readonly minZoom: number;
  readonly maxZoom: number;
}

export interface Padding {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

export type Bounds = readonly [number, number, number, number];

const MAX_ZOOM = 19;
const FLIGHT_MS = 900;
const ease = (t: number): number => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2);

/** The view that shows `[west, south, east, north]` inside what the padding leaves free. */
export function fitView(bounds: Bounds, width: number, height: number, padding: Padding): ViewState {
  const [west, south, east, north] = bounds;
  const room = {
    top: Math.min(padding.top, height / 2 - 20),
    bottom: Math.min(padding.bottom, height / 2 - 20),
    left: Math.min(padding.left, width / 2 - 20),
    right: Math.min(padding.right, width / 2 - 20),
  };
  const viewport = new WebMercatorViewport({ width: Math.max(width, 80), height: Math.max(height, 80) });
  const { longitude, latitude, zoom } = viewport.fitBounds(
    [
      [west, south],
      [east, north],
    ],
    { padding: room },
  );
  return { longitude, latitude, zoom, pitch: 0, bearing: 0, minZoom: zoom - 1.2, maxZoom: MAX_ZOOM };
}

/** Where the map looks, and flights from one place to another. */
export class Camera {
  view: ViewState;
  /** Jump instead of flying. */
  still = false;
  private flight: { from: ViewState; to: ViewState; startMs: number } | null = null;

  constructor(view: ViewState) {
    this.view = view;
  }

  get flying(): boolean {
    return this.flight !== null;
  }

  set(view: ViewState): void {
    this.flight = null;
    this.view = view;
  }

  flyTo(target: Partial<Pick<ViewState, 'longitude' | 'latitude' | 'zoom'>>, nowMs: number): void {
    const to = { ...this.view, ...target };
    if (this.still) {
      this.set(to);
      return;
    }
    this.flight = { from: this.view, to, startMs: nowMs };
  }

  /** Keeps a moving place in the middle, without a flight; during one, its end is moved. */
  follow(longitude: number, latitude: number): void {
    if (this.flight) this.flight = { ...this.flight, to: { ...this.flight.to, longitude, latitude } };
    else this.view = { ...this.view, longitude, latitude };
  }

  step(nowMs: number): void {
    if (!this.flight) return;
    const { from, to, startMs } = this.flight;
    const t = Math.min(1, (nowMs - startMs) / FLIGHT_MS);
    const share = ease(t);
    const between = (a: number, b: number): number => a + (b - a) * share;
    this.view = {
      ...to,
      longitude: between(from.longitude, to.longitude),
      latitude: between(from.latitude, to.latitude),
      zoom: between(from.zoom, to.zoom),
    };
    if (t === 1) this.flight = null;
  }
}
