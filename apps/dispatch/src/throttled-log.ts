/**
 * Lets one message of a kind through per interval, and says how many it kept back: a broker that is away would otherwise
 * fill the log with the same sentence.
 */
export function throttled(
  write: (message: string) => void,
  intervalMs: number,
  nowMs: () => number = Date.now,
): (kind: string, message: string) => void {
  const kinds = new Map<string, { readonly sinceMs: number; kept: number }>();
  return (kind, message) => {
    const last = kinds.get(kind);
    if (last && nowMs() - last.sinceMs < intervalMs) {
      last.kept++;
      return;
    }
    kinds.set(kind, { sinceMs: nowMs(), kept: 0 });
    write(last && last.kept > 0 ? `${message} (and ${last.kept} more like this)` : message);
  };
}
