import { createInterface } from 'node:readline';
import { createStreamClient } from '../client/stream-client.js';
import type { OutgoingRecord } from '../client/types.js';
import { commandSecurity } from './security.js';
import type { BootstrapOptions } from './admin-session.js';
import { CommandError } from './command-error.js';
import { counted } from './output.js';

const BATCH_RECORDS = 500;

/** Writes each line of standard input as one record; resolves when all are acknowledged. */
export async function produce(
  topic: string,
  options: BootstrapOptions & { readonly keySeparator?: string; readonly partition?: number },
): Promise<void> {
  const client = createStreamClient({
    brokers: options.bootstrapServer,
    clientId: 'streaming-core-cli',
    ...commandSecurity(),
  });
  try {
    const admin = client.admin();
    const count = (await admin.partitionCounts([topic])).get(topic);
    if (count === undefined) {
      throw new CommandError(`there is no topic ${topic}: streaming-core topics create makes one`);
    }
    if ((options.partition ?? 0) >= count) throw new CommandError(`${topic} has no partition ${options.partition}`);
    const producer = await client.producer();
    let batch: OutgoingRecord[] = [];
    let sent = 0;
    const flush = async (): Promise<void> => {
      const records = batch;
      batch = [];
      if (records.length > 0) await producer.send(records);
      sent += records.length;
    };
    for await (const line of createInterface({ input: process.stdin })) {
      batch.push(recordOf(topic, line, options));
      // At a terminal every line goes at once; from a pipe in batches.
      if (process.stdin.isTTY || batch.length >= BATCH_RECORDS) await flush();
    }
    await flush();
    console.error(`${counted(sent, 'record')} written to ${topic}`);
  } finally {
    await client.close();
  }
}

function recordOf(
  topic: string,
  line: string,
  { keySeparator, partition }: { readonly keySeparator?: string; readonly partition?: number },
): OutgoingRecord {
  const at = keySeparator === undefined ? -1 : line.indexOf(keySeparator);
  const isKeyed = keySeparator !== undefined && at >= 0;
  return {
    topic,
    key: isKeyed ? line.slice(0, at) : null,
    value: isKeyed ? line.slice(at + keySeparator.length) : line,
    ...(partition === undefined ? {} : { partition }),
  };
}
