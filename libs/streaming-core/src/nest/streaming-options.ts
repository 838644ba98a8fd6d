import type { StreamClientOptions } from '../client/types.js';

/** What is told to a metrics library. Calls are cheap and synchronous; they must not throw. */
export interface StreamingMetrics {
  batchHandled?(
    labels: { groupId: string; topic: string; partition: number },
    records: number,
    durationMs: number,
  ): void;
  eventRetried?(labels: { groupId: string; topic: string }): void;
  deadLettered?(labels: { groupId: string; topic: string; reason: 'refused' | 'failed' }): void;
}

export interface StreamingModuleOptions extends StreamClientOptions {
  readonly metrics?: StreamingMetrics;
}
