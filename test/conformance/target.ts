/**
 * The broker that the conformance tests run against: ours, or with CONFORMANCE_TARGET=apache a real Apache Kafka
 * (see apache-kafka.ts).
 */
import { randomUUID } from 'node:crypto';
import { startTestBroker } from 'streaming-core/testing/test-broker';
import { until as waitUntil } from '../support/until.ts';
import { startApacheKafka } from './apache-kafka.ts';

export interface Target {
  readonly name: string;
  readonly bootstrapServers: string;
  /** `kill -9`, then a start on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const targetName = process.env['CONFORMANCE_TARGET'] === 'apache' ? 'apache' : 'streaming-core';

/** Time for a test file's set-up: a JVM takes its time. */
export const START_TIMEOUT_MS = targetName === 'apache' ? 180_000 : 30_000;

export async function startTarget(): Promise<Target> {
  return targetName === 'apache' ? { name: 'Apache Kafka', ...(await startApacheKafka()) } : startOwnBroker();
}

async function startOwnBroker(): Promise<Target> {
  const broker = await startTestBroker({ storage: 'disk', config: { 'auto.create.topics.enable': 'false' } });
  return {
    name: 'streaming-core',
    bootstrapServers: broker.bootstrapServers,
    restart: () => broker.restart(),
    stop: () => broker.stop(),
  };
}

/** A topic or group name that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** Waits until a condition holds; fails with what was expected after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs?: number,
): Promise<void> {
  await waitUntil(what, condition, timeoutMs === undefined ? {} : { timeoutMs });
}
