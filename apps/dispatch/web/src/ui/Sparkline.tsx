import type { ReactElement } from 'react';
import { sparklinePath } from '../state/kpis.js';

const WIDTH = 60;
const HEIGHT = 18;

export function Sparkline({ levels }: { readonly levels: readonly number[] }): ReactElement {
  const line = sparklinePath(levels, WIDTH, HEIGHT);
  return (
    <svg className="sparkline" viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" aria-hidden="true">
      {line && <path className="sparkline-area" d={`${line}L${WIDTH} ${HEIGHT + 2}L0 ${HEIGHT + 2}Z`} />}
      {line && <path className="sparkline-line" d={line} vectorEffect="non-scaling-stroke" />}
    </svg>
  );
}
