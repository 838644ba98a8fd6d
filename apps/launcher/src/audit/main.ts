import { logConnection } from '@ridestream/platform/config/log-connection';
import { loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import { Command } from 'commander';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { formatReport } from './format-report.js';
import { auditLog } from './read-log.js';

const program = new Command('npm run audit --')
  .description(
    'Reads the topics from the start and reports rides lost, doubled or in an illegal order, and drivers on two rides.',
  )
  .option('--brokers <host:port,...>', 'where the log is', process.env.KAFKA_BROKERS ?? '127.0.0.1:9092')
  .option('--city <directory>', 'city pack: also checks that every record lies in its zone’s partition')
  .option('--json', 'print the report as JSON', false)
  .addHelpText(
    'after',
    '\nThe exit code is 0 when nothing is wrong, 1 when something is, 2 when the log could not be read.',
  );
program.parse();
const options = program.opts<{ brokers: string; city?: string; json: boolean }>();

const client = createStreamClient({ ...logConnection({ KAFKA_BROKERS: options.brokers }), clientId: 'audit' });
try {
  const reader = client.reader();
  const admin = client.admin();
  const counts = await admin.partitionCounts([TOPICS.RideRequests.name]);
  const partitions = counts.get(TOPICS.RideRequests.name);
  const pack =
    options.city === undefined
      ? undefined
      : await loadCityPack(options.city, partitions === undefined ? {} : { partitions });
  const report = await auditLog(reader, admin, pack?.partitions);
  console.log(options.json ? JSON.stringify(report, null, 2) : formatReport(report));
  process.exitCode = report.ok ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
} finally {
  await client.close();
}
