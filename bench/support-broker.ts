/** Our broker as a process of its own for `simulation.ts`: prints its address, ends on SIGTERM. */
import { startTestBroker } from 'streaming-core/testing/test-broker';

const broker = await startTestBroker({
  storage: 'disk',
  config: { flush: process.argv[2] ?? 'fsync' },
  requestsMax: 0,
});
console.log(broker.bootstrapServers);
process.once('SIGTERM', () => {
  void broker.stop().then(() => process.exit(0));
});
