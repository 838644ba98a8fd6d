import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startTestBroker } from 'streaming-core/testing/test-broker';
import { FrameSplitter } from 'streaming-core/wire/frame';
import { decodeResponse, encodeRequest } from 'streaming-core/wire/messages';
import type { KafkaFacts, Served } from './document.ts';

export const DOCUMENT_FILE = fileURLToPath(new URL('../../docs/COMPATIBILITY.md', import.meta.url));
/** Stable versions of requests and default values, from the message definitions and ConfigDefs in the jars. */
export const KAFKA = JSON.parse(readFileSync(new URL('apache-kafka-4.2.json', import.meta.url), 'utf8')) as KafkaFacts;

const VERSION = 4;

/** Asks a broker, over a socket, as any client does first. */
export async function askServed(): Promise<Served> {
  await using broker = await startTestBroker();
  const socket = connect({ port: broker.port, host: '127.0.0.1' });
  const splitter = new FrameSplitter({ frameBytesMin: 4, frameBytesMax: 1 << 20 });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.on('data', (chunk) => splitter.push(chunk, resolve));
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the broker closed the connection')));
  const body = { clientSoftwareName: 'compatibility', clientSoftwareVersion: '1' };
  socket.write(Buffer.concat(encodeRequest(18, VERSION, { correlationId: 1, clientId: null }, body)));
  try {
    return decodeResponse(18, VERSION, await promise).body;
  } finally {
    socket.destroy();
  }
}
