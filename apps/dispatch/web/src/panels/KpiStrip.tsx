import type { ReactElement } from 'react';
import { useDashboard, usePulse } from '../app/dashboard.js';
import { KPI_IDS } from '../state/kpis.js';
import { Sparkline } from '../ui/Sparkline.js';

function Skeleton(): ReactElement {
  return (
    <section className="kpis" aria-label="Figures of the city" aria-busy="true">
      {KPI_IDS.map((id) => (
        <div key={id} className="kpi" data-testid={`kpi-${id}`}>
          <span className="skeleton" style={{ width: '52%' }} />
          <span className="skeleton skeleton-tall" style={{ width: '70%' }} />
        </div>
      ))}
    </section>
  );
}

export function KpiStrip(): ReactElement {
  usePulse();
  const dashboard = useDashboard();
  if (!dashboard.live.ready) return <Skeleton />;
  return (
    <section className="kpis" aria-label="Figures of the city" tabIndex={0}>
      {dashboard.kpis().map(({ id, label, value, aside, help }) => (
        <div key={id} className="kpi" data-testid={`kpi-${id}`} title={help}>
          <div className="kpi-label">{label}</div>
          <div className="kpi-figures">
            <span className="kpi-value">{value}</span>
            {aside && <span className="kpi-aside">{aside}</span>}
          </div>
          <Sparkline levels={dashboard.kpiHistory.of(id)} />
        </div>
      ))}
    </section>
  );
}
