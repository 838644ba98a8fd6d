import { type Layer } from '@deck.gl/core';
import { TextLayer } from '@deck.gl/layers';
import type { ZoneShape } from './city-geometry.js';
import { placeZoneLabels, type PlacedLabel } from './label-placement.js';
import type { Palette } from './palette.js';

/** How all text on the map is set. */
export const MAP_TEXT = {
  fontFamily: '"Geist Variable", system-ui, sans-serif',
  fontSettings: { sdf: true, fontSize: 64, buffer: 8, radius: 14, smoothing: 0.11 },
  outlineWidth: 3.5,
} as const;

/** Names of zones, above the traffic. Chosen anew when the zoom has changed by a quarter step. */
export class LabelLayer {
  private readonly zones: readonly ZoneShape[];
  private step = NaN;
  private placed: readonly PlacedLabel[] = [];

  constructor(zones: readonly ZoneShape[]) {
    this.zones = zones;
  }

  build(palette: Palette, zoom: number, visible: boolean): Layer {
    const step = Math.floor(zoom * 4) / 4;
    if (step !== this.step) {
      this.step = step;
      this.placed = placeZoneLabels(this.zones, (512 / 360) * 2 ** step);
    }
    return new TextLayer<PlacedLabel>({
      id: 'zone-labels',
      data: this.placed,
      visible,
      getText: (label) => label.text,
      getPosition: (label) => [label.position[0], label.position[1]],
      getColor: [...palette.label],
      getSize: 12,
      lineHeight: 1.15,
      ...MAP_TEXT,
      fontWeight: 600,
      outlineColor: [...palette.labelHalo],
      characterSet: 'auto',
      updateTriggers: { getColor: palette },
    });
  }
}
