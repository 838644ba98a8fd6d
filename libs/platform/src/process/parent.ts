/** Messages from a service to whoever started it with an IPC channel. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly port: number;
}

/** Tells the parent, if there is one that listens, that the service is ready. */
export function reportReady(port: number): void {
  process.send?.({ type: 'ready', port } satisfies ReadyMessage);
}

/**
 * Calls `stop` once, on SIGTERM, SIGINT, or when the parent that held the IPC channel is gone: a service must not outlive
 * the city that it was started for. When `stop` takes longer than `graceMs` the process ends all the same, with code 1.
 */
export function whenAskedToStop(stop: (reason: string) => Promise<void>, graceMs = 10_000): void {
  let stopping = false;
  const begin = (reason: string) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), graceMs).unref();
    stop(reason).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  if (process.send) process.on('disconnect', () => begin('the parent process ended'));
}
