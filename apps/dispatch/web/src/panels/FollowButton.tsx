import type { ReactElement } from 'react';
import { useDashboard } from '../app/dashboard.js';
import { Icon } from '../ui/Icon.js';

export function FollowButton({ following, disabled }: { following: boolean; disabled: boolean }): ReactElement {
  const { ui, map } = useDashboard();
  const toggle = (): void => {
    ui.set((state) => ({ ...state, following: !state.following }));
    if (!following) map?.zoomToAtLeast(15);
  };
  return (
    <button
      type="button"
      className="button button-main"
      data-testid="follow"
      aria-pressed={following}
      disabled={disabled && !following}
      onClick={toggle}
    >
      <Icon name="follow" size={16} />
      {following ? 'Following' : 'Follow on map'}
    </button>
  );
}
