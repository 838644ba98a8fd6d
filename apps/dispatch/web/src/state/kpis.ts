import type { CityMetrics } from '@ridestream/ride-domain/events/city-events';
import { formatCount, formatDuration, formatPercent, formatSurge } from '../format/format.js';

export const KPI_IDS = [
  'waiting',
  'active',
  'drivers',
  'wait',
  'completion',
  'cancellations',
  'utilisation',
  'surge',
  'requests',
] as const;
export type KpiId = (typeof KPI_IDS)[number];

export interface Kpi {
  readonly id: KpiId;
  readonly label: string;
  readonly value: string;
  /** A second, smaller figure beside the value. */
  readonly aside: string;
  /** What the sparkline draws; null when there is no figure. */
  readonly level: number | null;
  readonly help: string;
}

/** Metrics cover the last 15 minutes of city time. */
const WINDOWS_PER_HOUR = 4;

export interface KpiInput {
  readonly metrics: CityMetrics | null;
  readonly waiting: number;
  readonly active: number;
  readonly idle: number;
  readonly busy: number;
  /** The highest multiplier in force in any zone. */
  readonly surgeMax: number;
}

/** The figures of the strip. Counts of now come from the live state, the rest from analytics. */
export function kpisOf({ metrics, waiting, active, idle, busy, surgeMax }: KpiInput): Kpi[] {
  const onDuty = idle + busy;
  const utilisation = onDuty === 0 ? null : busy / onDuty;
  const cancelled = metrics ? metrics.cancelledByRider + metrics.cancelledByDriver : null;
  const ended = metrics && cancelled !== null ? metrics.completions + cancelled + metrics.noDriverFound : 0;
  const completion = metrics && ended > 0 ? metrics.completions / ended : null;
  const perHour = metrics ? metrics.requests * WINDOWS_PER_HOUR : null;
  const p90 = metrics?.waitP90S ?? null;
  const count = (value: number | null): string => (value === null ? '–' : formatCount(value));
  return [
    {
      id: 'waiting',
      label: 'Waiting now',
      value: count(waiting),
      aside: waiting === 1 ? 'rider' : 'riders',
      level: waiting,
      help: 'Riders without a driver',
    },
    {
      id: 'active',
      label: 'Active rides',
      value: count(active),
      aside: '',
      level: active,
      help: 'Driver coming, at the pick-up, or on trip',
    },
    {
      id: 'drivers',
      label: 'Idle drivers',
      value: count(idle),
      aside: `${count(busy)} busy`,
      level: idle,
      help: 'Drivers on duty: free, and with an offer or a ride',
    },
    {
      id: 'wait',
      label: 'Wait p50',
      value: formatDuration(metrics?.waitP50S ?? null),
      aside: `p90 ${formatDuration(p90)}`,
      level: metrics?.waitP50S ?? null,
      help: 'Request to assigned driver, last 15 minutes of city time',
    },
    {
      id: 'completion',
      label: 'Completion',
      value: formatPercent(completion),
      aside: '',
      level: completion,
      help: 'Completed share of the rides that ended, last 15 minutes of city time',
    },
    {
      id: 'cancellations',
      label: 'Cancelled',
      value: count(cancelled),
      aside: metrics ? `${metrics.cancelledByRider} rider · ${metrics.cancelledByDriver} driver` : '',
      level: cancelled,
      help: 'By rider and by driver, last 15 minutes of city time',
    },
    {
      id: 'utilisation',
      label: 'Utilisation',
      value: formatPercent(utilisation),
      aside: '',
      level: utilisation,
      help: 'Busy share of the drivers on duty',
    },
    {
      id: 'surge',
      label: 'Max surge',
      value: formatSurge(surgeMax),
      aside: '',
      level: surgeMax,
      help: 'Highest price multiplier of any zone',
    },
    {
      id: 'requests',
      label: 'Requests',
      value: count(perHour),
      aside: 'per hour',
      level: perHour,
      help: 'Last 15 minutes of city time, as an hour',
    },
  ];
}

/** The last levels of each figure, oldest first: a few minutes for the sparklines. */
export class KpiHistory {
  private readonly levels = new Map<KpiId, number[]>();
  private readonly capacity: number;
  private takenMs = -Infinity;
  private readonly everyMs: number;

  constructor(capacity = 90, everyMs = 2_000) {
    this.capacity = capacity;
    this.everyMs = everyMs;
  }

  /** Keeps one set of levels per `everyMs`; calls between are ignored. */
  record(kpis: readonly Kpi[], nowMs: number): void {
    if (nowMs - this.takenMs < this.everyMs) return;
    this.takenMs = nowMs;
    for (const { id, level } of kpis) {
      if (level === null) continue;
      const levels = this.levels.get(id) ?? [];
      levels.push(level);
      if (levels.length > this.capacity) levels.shift();
      this.levels.set(id, levels);
    }
  }

  of(id: KpiId): readonly number[] {
    return this.levels.get(id) ?? [];
  }
}

/** SVG path of a sparkline in a box; a flat line stays in the middle. Empty with fewer than two points. */
export function sparklinePath(levels: readonly number[], width: number, height: number): string {
  if (levels.length < 2) return '';
  const low = Math.min(...levels);
  const span = Math.max(...levels) - low;
  const x = (i: number): number => (i / (levels.length - 1)) * width;
  const y = (level: number): number => (span === 0 ? height / 2 : height - ((level - low) / span) * height);
  return levels.map((level, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(level).toFixed(1)}`).join('');
}
