import { securityFromEnv } from 'streaming-core/client/security';
import type { StreamClientOptions } from 'streaming-core/client/types';

/**
 * Where the log is, and how to get in: KAFKA_BROKERS, and for a cluster that asks who one is KAFKA_SECURITY_PROTOCOL,
 * KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and the others of docs/SECURITY.md. Says what is wrong with them, and the service ends.
 */
export function logConnection({
  KAFKA_BROKERS,
}: {
  readonly KAFKA_BROKERS: string;
}): Pick<StreamClientOptions, 'brokers' | 'security'> {
  const security = securityFromEnv();
  return { brokers: KAFKA_BROKERS, ...(security === undefined ? {} : { security }) };
}

/** How a consumer takes part in its group: KAFKA_SESSION_TIMEOUT_MS, where it is given. */
export function membership({ KAFKA_SESSION_TIMEOUT_MS }: { readonly KAFKA_SESSION_TIMEOUT_MS?: number | undefined }): {
  readonly sessionTimeoutMs?: number;
} {
  return KAFKA_SESSION_TIMEOUT_MS === undefined ? {} : { sessionTimeoutMs: KAFKA_SESSION_TIMEOUT_MS };
}
