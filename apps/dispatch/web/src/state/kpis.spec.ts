import { describe, expect, it } from '@jest/globals';
import type { CityMetrics } from '@ridestream/ride-domain/events/city-events';
import { T0 } from './fixtures.js';
import { KPI_IDS, KpiHistory, kpisOf, sparklinePath, type Kpi, type KpiInput } from './kpis.js';

const metrics: CityMetrics = {
  type: 'city.metrics',
  v: 1,
  at: T0,
  requests: 500,
  matches: 480,
  completions: 90,
  cancelledByRider: 6,
  cancelledByDriver: 2,
  noDriverFound: 2,
  waitP50S: 31,
  waitP90S: 95,
  pickupP50S: 200,
  pickupP90S: 400,
  idleDrivers: 10,
  busyDrivers: 30,
  utilisation: 0.75,
  surgeMax: 1.8,
};
const input: KpiInput = { metrics, waiting: 12, active: 40, idle: 10, busy: 30, surgeMax: 1.8 };
const valueOf = (kpis: Kpi[], id: Kpi['id']): string | undefined => kpis.find((kpi) => kpi.id === id)?.value;

describe('kpisOf', () => {
  it('gives every figure, in the order of the strip', () => {
    const kpis = kpisOf(input);
    expect(kpis.map((kpi) => kpi.id)).toEqual([...KPI_IDS]);
    expect(valueOf(kpis, 'completion')).toBe('90%');
    expect(valueOf(kpis, 'cancellations')).toBe('8');
    expect(valueOf(kpis, 'utilisation')).toBe('75%');
    expect(valueOf(kpis, 'requests')).toBe('2,000');
    expect(valueOf(kpis, 'wait')).toBe('31 s');
  });

  it.each([
    [0, 'riders'],
    [1, 'rider'],
    [2, 'riders'],
  ])('speaks of %i waiting %s', (waiting, aside) => {
    expect(kpisOf({ ...input, waiting }).find(({ id }) => id === 'waiting')?.aside).toBe(aside);
  });

  it('shows a dash where analytics has said nothing, and a figure where the live state knows', () => {
    const kpis = kpisOf({ ...input, metrics: null, idle: 0, busy: 0 });
    expect(valueOf(kpis, 'completion')).toBe('–');
    expect(valueOf(kpis, 'requests')).toBe('–');
    expect(valueOf(kpis, 'utilisation')).toBe('–');
    expect(valueOf(kpis, 'waiting')).toBe('12');
  });
});

describe('KpiHistory', () => {
  it('keeps one set per interval and a bounded number of them', () => {
    const history = new KpiHistory(3, 1_000);
    for (let i = 0; i < 10; i++) history.record(kpisOf({ ...input, waiting: i }), i * 500);
    expect(history.of('waiting')).toEqual([4, 6, 8]);
  });
});

describe('sparklinePath', () => {
  it('spans the box, high values up', () => {
    expect(sparklinePath([0, 10], 60, 18)).toBe('M0.0 18.0L60.0 0.0');
  });

  it('draws a flat line in the middle and nothing for one point', () => {
    expect(sparklinePath([3, 3], 60, 18)).toBe('M0.0 9.0L60.0 9.0');
    expect(sparklinePath([3], 60, 18)).toBe('');
  });
});
