import { useRef, type PointerEvent, type ReactElement } from 'react';
import { useDashboard, useStore } from '../app/dashboard.js';
import type { SheetHeight } from '../state/ui-state.js';
import { Icon } from '../ui/Icon.js';
import { DriverCard } from './DriverCard.js';
import { RideDrawer } from './RideDrawer.js';
import { RideList } from './RideList.js';

const HEIGHTS: readonly SheetHeight[] = ['peek', 'half', 'full'];
const DRAG_PX = 40;

/** On a phone the panel is a sheet at the bottom: drag its handle, or press it to go one step up (from the top, down). */
function SheetHandle(): ReactElement {
  const { ui } = useDashboard();
  const { sheet } = useStore(ui);
  const startY = useRef<number | null>(null);
  const dragged = useRef(false);
  const set = (next: SheetHeight): void => ui.set((state) => ({ ...state, sheet: next }));
  const step = (by: 1 | -1): void => set(HEIGHTS[Math.min(2, Math.max(0, HEIGHTS.indexOf(sheet) + by))]!);
  const down = (event: PointerEvent<HTMLButtonElement>): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    startY.current = event.clientY;
    dragged.current = false;
  };
  const move = (event: PointerEvent): void => {
    if (startY.current === null) return;
    const distance = startY.current - event.clientY;
    if (Math.abs(distance) < DRAG_PX) return;
    startY.current = event.clientY;
    dragged.current = true;
    step(distance > 0 ? 1 : -1);
  };
  return (
    <button
      type="button"
      className="sheet-handle"
      data-testid="sheet-handle"
      aria-label={sheet === 'full' ? 'Lower the list' : 'Raise the list'}
      aria-expanded={sheet !== 'peek'}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={() => (startY.current = null)}
      onClick={() => {
        if (!dragged.current) set(sheet === 'full' ? 'peek' : HEIGHTS[HEIGHTS.indexOf(sheet) + 1]!);
      }}
    >
      <Icon name="chevron" size={16} />
    </button>
  );
}

export function SidePanel(): ReactElement {
  const { selection, sheet } = useStore(useDashboard().ui);
  return (
    <aside className="side" data-sheet={sheet} aria-label="Rides and details">
      <SheetHandle />
      {selection?.kind === 'ride' && <RideDrawer key={selection.id} rideId={selection.id} />}
      {selection?.kind === 'driver' && <DriverCard key={selection.id} driverId={selection.id} />}
      {!selection && <RideList />}
    </aside>
  );
}
