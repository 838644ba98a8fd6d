/**
 * Asks a fresh Apache Kafka all cases and keeps its answers: `node test/answers/record.ts` (after a build; needs Java and Maven).
 */
import { startApacheKafka } from '../conformance/apache-kafka.ts';
import { askAll } from './ask.ts';
import { writeGolden } from './golden.ts';

const kafka = await startApacheKafka();
try {
  const answers = await askAll(Number(kafka.bootstrapServers.split(':')[1]));
  console.log(writeGolden({ version: kafka.version, answers }));
} finally {
  await kafka.stop();
}
