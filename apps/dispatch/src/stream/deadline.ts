/** Resolves when `task` settles, however it does, or after `limitMs`: for the way out, which must come to an end. */
export async function settledWithin(limitMs: number, task: Promise<unknown>): Promise<'settled' | 'too_late'> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'too_late'>((resolve) => {
    timer = setTimeout(() => resolve('too_late'), limitMs);
  });
  const settled = task.then(
    () => 'settled' as const,
    () => 'settled' as const,
  );
  const outcome = await Promise.race([settled, limit]);
  clearTimeout(timer);
  return outcome;
}

/** Waits for `task`, but rejects as soon as `signal` aborts. The task itself goes on. */
export async function unlessAborted(task: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (task === undefined) return;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Error('the partition is being taken away'));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([task, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
