import type { ReactElement, ReactNode } from 'react';
import { useDashboard } from '../app/dashboard.js';
import { select } from '../state/ui-state.js';
import { Icon } from '../ui/Icon.js';

interface Props {
  readonly kind: string;
  readonly id: string;
  readonly chip: ReactNode;
}

export function DrawerHead({ kind, id, chip }: Props): ReactElement {
  const { ui } = useDashboard();
  return (
    <div className="drawer-head">
      <button
        type="button"
        className="icon-button"
        aria-label="Back to the list of rides"
        data-testid="drawer-close"
        onClick={() => select(ui, null)}
      >
        <Icon name="back" />
      </button>
      <h2>
        <span className="drawer-kind">{kind}</span> <span className="mono">{id}</span>
      </h2>
      {chip}
    </div>
  );
}
