import { type Layer } from '@deck.gl/core';
import { PathLayer, PolygonLayer } from '@deck.gl/layers';
import type { LiveZone } from '../../../src/live/protocol.js';
import type { LayerChoice, ZoneShading } from '../state/ui-state.js';
import { STREET_RANKS, type CityGeometry, type Polygon, type Street, type StreetRank } from './city-geometry.js';
import { mix, withAlpha, type Palette, type Rgba } from './palette.js';

interface ZonePolygon {
  readonly zone: string;
  readonly polygon: Polygon;
}

interface RankStyle {
  readonly widthM: number;
  readonly minPx: number;
  readonly maxPx: number;
  readonly fromZoom: number;
}

const RANK_STYLES: Readonly<Record<StreetRank, RankStyle>> = {
  path: { widthM: 3, minPx: 0.4, maxPx: 4, fromZoom: 14.6 },
  street: { widthM: 9, minPx: 0.5, maxPx: 16, fromZoom: 0 },
  main: { widthM: 13, minPx: 0.9, maxPx: 22, fromZoom: 0 },
  arterial: { widthM: 17, minPx: 1.1, maxPx: 28, fromZoom: 0 },
  motorway: { widthM: 20, minPx: 1.5, maxPx: 32, fromZoom: 0 },
};

const colourOf = (palette: Palette, rank: StreetRank): Rgba =>
  ({
    path: palette.street,
    street: palette.street,
    main: palette.mainStreet,
    arterial: palette.arterial,
    motorway: palette.motorway,
  })[rank];

/** 0 for a calm zone, 1 for the hottest. */
export function zoneHeat(zone: LiveZone | undefined, shading: ZoneShading): number {
  if (!zone || shading === 'off') return 0;
  return Math.min(1, shading === 'surge' ? (zone.surge - 1) / 1.5 : zone.waiting / 10);
}

/** deck.gl reads polygons but its types want to be allowed to write them. */
const mutable = (polygon: Polygon): number[][][] => polygon as unknown as number[][][];

export interface BaseScene {
  readonly city: CityGeometry;
  readonly palette: Palette;
  readonly zones: ReadonlyMap<string, LiveZone>;
  readonly zonesVersion: number;
  readonly hoveredZone: string | null;
  readonly layers: LayerChoice;
  readonly zoom: number;
}

/** What lies below the traffic. Rebuilt when the view, the zones' figures or a choice change; deck.gl keeps the buffers. */
export class BaseLayers {
  private readonly zonePolygons: readonly ZonePolygon[];

  constructor(city: CityGeometry) {
    this.zonePolygons = city.zones.flatMap(({ zone, polygons }) => polygons.map((polygon) => ({ zone, polygon })));
  }

  build(scene: BaseScene): Layer[] {
    return [this.land(scene), ...this.backdrop(scene), this.heat(scene), ...this.streets(scene), this.outlines(scene)];
  }

  private land({ palette }: BaseScene): Layer {
    return new PolygonLayer<ZonePolygon>({
      id: 'land',
      data: this.zonePolygons,
      getPolygon: (zone) => mutable(zone.polygon),
      getFillColor: [...palette.land],
      updateTriggers: { getFillColor: palette },
      stroked: false,
    });
  }

  private backdrop({ city, palette }: BaseScene): Layer[] {
    const fill = (id: string, data: readonly Polygon[], colour: Rgba): Layer =>
      new PolygonLayer<Polygon>({
        id,
        data,
        getPolygon: (polygon) => mutable(polygon),
        getFillColor: [...colour],
        updateTriggers: { getFillColor: palette },
        stroked: false,
      });
    return [fill('parks', city.parks, palette.park), fill('water', city.water, palette.water)];
  }

  private heat({ palette, zones, zonesVersion, layers }: BaseScene): Layer {
    const [mild, hot] = palette.heat;
    return new PolygonLayer<ZonePolygon>({
      id: 'zone-heat',
      data: this.zonePolygons,
      visible: layers.shading !== 'off',
      getPolygon: (zone) => mutable(zone.polygon),
      getFillColor: ({ zone }) => {
        const heat = zoneHeat(zones.get(zone), layers.shading);
        return withAlpha(mix(mild, hot, heat), heat === 0 ? 0 : 18 + heat * 62);
      },
      updateTriggers: { getFillColor: [palette, zonesVersion, layers.shading] },
      stroked: false,
    });
  }

  private streets({ city, palette, zoom }: BaseScene): Layer[] {
    const fade = Math.min(1, Math.max(0.35, (zoom - 10) / 3));
    return STREET_RANKS.map((rank) => {
      const style = RANK_STYLES[rank];
      return new PathLayer<Street>({
        id: `streets-${rank}`,
        data: city.streets[rank],
        visible: zoom >= style.fromZoom,
        getPath: (street) => street.path as [number, number][],
        getColor: [...colourOf(palette, rank)],
        updateTriggers: { getColor: palette },
        opacity: rank === 'street' || rank === 'path' ? fade : 1,
        widthUnits: 'meters',
        getWidth: style.widthM,
        widthMinPixels: style.minPx,
        widthMaxPixels: style.maxPx,
        capRounded: true,
        jointRounded: true,
      });
    });
  }

  private outlines({ palette, hoveredZone }: BaseScene): Layer {
    return new PolygonLayer<ZonePolygon>({
      id: 'zone-outlines',
      data: this.zonePolygons,
      getPolygon: (zone) => mutable(zone.polygon),
      filled: false,
      stroked: true,
      getLineColor: ({ zone }) => (zone === hoveredZone ? withAlpha(palette.selection, 150) : [...palette.zoneLine]),
      getLineWidth: ({ zone }) => (zone === hoveredZone ? 2 : 1),
      updateTriggers: { getLineColor: [palette, hoveredZone], getLineWidth: hoveredZone },
      lineWidthUnits: 'pixels',
      lineJointRounded: true,
    });
  }
}
