import type { RideFilter } from './ride-list.js';
import { createStore, type Store } from './store.js';

export type Selection =
  { readonly kind: 'ride'; readonly id: string } | { readonly kind: 'driver'; readonly id: string };

export type ZoneShading = 'off' | 'surge' | 'waiting';
export interface LayerChoice {
  readonly vehicles: boolean;
  readonly riders: boolean;
  readonly matches: boolean;
  readonly labels: boolean;
  readonly shading: ZoneShading;
}

/** How far the phone's bottom sheet is up. */
export type SheetHeight = 'peek' | 'half' | 'full';
export type ThemeChoice = 'dark' | 'light' | 'system';

export interface UiState {
  readonly selection: Selection | null;
  /** The map stays on the selected ride's driver, or on the selected driver. */
  readonly following: boolean;
  readonly layers: LayerChoice;
  readonly rideFilter: RideFilter;
  readonly rideQuery: string;
  readonly sheet: SheetHeight;
  readonly theme: ThemeChoice;
}

export type UiStore = Store<UiState>;

export const initialUiState: UiState = {
  selection: null,
  following: false,
  layers: { vehicles: true, riders: true, matches: true, labels: true, shading: 'surge' },
  rideFilter: 'all',
  rideQuery: '',
  sheet: 'peek',
  theme: 'dark',
};

export const createUiStore = (theme: ThemeChoice): UiStore => createStore({ ...initialUiState, theme });

export function select(ui: UiStore, selection: Selection | null, following = false): void {
  ui.set((state) => ({
    ...state,
    selection,
    following: selection !== null && following,
    sheet: selection && state.sheet === 'peek' ? 'half' : state.sheet,
  }));
}
