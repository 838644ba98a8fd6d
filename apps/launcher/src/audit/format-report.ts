import type { LogAudit } from './read-log.js';

/** The report as a person reads it. */
export function formatReport(report: LogAudit): string {
  const { byState } = report;
  const lines = [
    'Audit of the log, from its start',
    '',
    ...rows([
      ['records read', report.records],
      ['records that are no events', report.invalid],
      ['rides requested', report.requested],
      ['rides taken on by dispatch', report.queued],
      ['  completed', byState.completed],
      ['  cancelled', byState.cancelled],
      ['  no driver found', byState.no_driver_found],
      ['  under way', byState.en_route + byState.arrived + byState.in_progress],
      ['  waiting', byState.queued + byState.offered],
      ['late words of phones (by design)', report.late],
      ['repeated writes (harmless)', report.duplicates],
    ]),
    '',
    ...rows([
      ['rides lost', report.lost],
      ['rides doubled', report.doubled],
      ['events in an illegal order', report.illegal],
      ['records in the wrong partition', report.misplaced],
      ['drivers on two rides', report.driversOnTwoRides],
    ]),
    '',
    ...examples(report),
    report.ok ? 'Nothing is wrong.' : 'SOMETHING IS WRONG.',
  ];
  return lines.join('\n');
}

const rows = (entries: readonly (readonly [string, number])[]): string[] =>
  entries.map(([what, count]) => `  ${what.padEnd(36)}${count.toLocaleString('en').padStart(12)}`);

function examples(report: LogAudit): string[] {
  const found = [
    ...report.lostRides.map((rideId) => `  ${rideId}: requested, and never taken on`),
    ...report.findings.map(
      ({ rideId, partition, type, reason }) => `  ${rideId} (partition ${partition}) ${type}: ${reason}`,
    ),
    ...report.doubleBookings.map((booking) => `  ${JSON.stringify(booking)}`),
  ];
  return found.length === 0 ? [] : ['First findings:', ...found, ''];
}
