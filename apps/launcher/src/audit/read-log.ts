import { type AuditReport, RideAudit } from '@ridestream/ride-domain/audit/ride-audit';
import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import type { ZonePartitionTable } from '@ridestream/ride-domain/zones/zone-partitions';
import type { PartitionReader, StreamAdmin } from 'streaming-core/client/types';
import { LaunchError } from '../launch-error.js';

export interface LogAudit extends AuditReport {
  readonly records: number;
  /** Records that are no events: they belong in the dead letters of every group. */
  readonly invalid: number;
}

/**
 * Reads RideRequests and RideEvents from the start to where they end now, and audits them. The city may be running: a
 * request counts as lost only when it is older than the time that dispatch could need.
 */
export async function auditLog(
  reader: PartitionReader,
  admin: StreamAdmin,
  table: ZonePartitionTable | undefined,
): Promise<LogAudit> {
  const requests = TOPICS.RideRequests.name;
  const events = TOPICS.RideEvents.name;
  const counts = await admin.partitionCounts([requests, events]);
  const partitions = counts.get(requests);
  if (partitions === undefined || counts.get(events) === undefined) {
    throw new LaunchError(`There is no city on this cluster: it has no topics ${requests} and ${events}.`);
  }
  const audit = new RideAudit(table === undefined ? {} : { partitionOf: (zone) => table.partitionOf(zone) });
  let records = 0;
  let invalid = 0;
  // Requests first: whatever is queued while we read is then already among the events.
  for (let partition = 0; partition < partitions; partition++) {
    for await (const batch of reader.readToEnd({ topic: requests, partition })) {
      for (const record of batch) {
        records++;
        const decoded = decodeEvent('RideRequests', record);
        if (decoded.ok) audit.addRequest(partition, decoded.event);
        else invalid++;
      }
    }
  }
  // One moment for all partitions: a driver's next ride must not be read without the end of the one before, elsewhere.
  const ends = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => reader.bounds({ topic: events, partition })),
  );
  for (const [partition, { end }] of ends.entries()) {
    for await (const batch of reader.readToEnd({ topic: events, partition })) {
      for (const record of batch) {
        if (record.offset >= end) break;
        records++;
        const decoded = decodeEvent('RideEvents', record);
        if (decoded.ok) audit.addRideEvent(partition, decoded.event, record.timestamp);
        else invalid++;
      }
    }
  }
  return { ...audit.report(), records, invalid };
}
