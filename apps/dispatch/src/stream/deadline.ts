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
